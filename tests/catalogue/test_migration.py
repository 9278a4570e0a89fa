"""What a shop had before prices had dates is the beginning of the new books, and nothing of a product is lost on the way back."""

import os
from pathlib import Path
from typing import Any

import postgres_server
from sqlalchemy import Engine, create_engine, text

from shop.base import schema

OLD, NEW = "0017_people_rights", "0018_catalogue"


def _address(database_url: str, folder: Path) -> str:
    if not database_url.startswith("postgresql"):
        return f"sqlite:///{folder}/old.db"
    name = f"old_catalogue_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    return postgres_server.create_database(postgres_server.Server(database_url), name)


def _rows(engine: Engine, question: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def test_products_of_before_keep_brand_price_and_stock_there_and_back(database_url: str, tmp_path: Path) -> None:
    url = _address(database_url, tmp_path)
    schema.upgrade(url, OLD)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO categories (id, code, name_zh, name_en, name_de, rank) VALUES (1, 'wine', 'a', 'b', 'c', 1)"))
        for key, brand, minor in ((1, "Müller & Co.", 1000), (2, "Müller & Co", 2000), (3, "茅台", 3000), (4, "Müller & Co.", 4000)):
            connection.execute(
                text(
                    "INSERT INTO products (id, sku, ean, category_id, brand, name_zh, name_en, name_de, text_zh, text_en, text_de,"
                    " price_minor, price_currency, search_text, active, rank)"
                    " VALUES (:key, :sku, :sku, 1, :brand, 'n', 'n', 'n', 't', 't', 't', :minor, 'EUR', 's', :active, 1)"
                ),
                {"key": key, "sku": f"S{key}", "brand": brand, "minor": minor, "active": key != 2},
            )
            connection.execute(
                text("INSERT INTO stock (product_id, on_hand, held, allocated, handed_over) VALUES (:key, 7, 1, 2, 5)"), {"key": key}
            )
    products = _rows(engine, "SELECT id, sku, brand, price_minor, active FROM products ORDER BY id")

    schema.upgrade(url, NEW)
    brands = _rows(engine, "SELECT p.id, b.name, b.code FROM products p JOIN brands b ON b.id = p.brand_id ORDER BY p.id")
    prices = _rows(engine, "SELECT product_id, kind, amount_minor, set_by FROM prices ORDER BY product_id")
    ledger = _rows(engine, "SELECT product_id, reason, quantity, before, after, handed_over FROM stock_movements ORDER BY product_id")
    on_sale = _rows(engine, "SELECT id FROM products WHERE first_on_sale_at IS NULL")
    schema.downgrade(url, OLD)
    back = _rows(engine, "SELECT id, sku, brand, price_minor, active FROM products ORDER BY id")
    schema.upgrade(url, NEW)
    again = _rows(engine, "SELECT count(*) FROM prices")
    engine.dispose()

    names = {key: name for key, name, _ in brands}
    assert names == {1: "Müller & Co.", 2: "Müller & Co", 3: "茅台", 4: "Müller & Co."}
    assert sorted({code for _, _, code in brands}) == ["brand", "muller-co", "muller-co-2"]
    assert prices == [(key, "duty_free", key * 1000, "system") for key in range(1, 5)]
    assert ledger == [(key, "opening", 12, 0, 12, 0) for key in range(1, 5)], "on hand and what was handed over before"
    assert on_sale == [(2,)]
    assert back == products
    assert again == [(4,)]
