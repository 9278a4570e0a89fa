"""A floor for cold starts: Flask, SQLAlchemy with a mapped class, a template of 20 cards, and nothing of the shop."""

import os

from flask import Flask, render_template_string
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PAGE = """<!doctype html><title>{{ title }}</title><ul>
{% for p in products %}<li><a href="/products/{{ p.sku }}"><b>{{ p.brand }}</b> {{ p.name_zh }} {{ p.price_minor }}</a></li>
{% endfor %}</ul>"""


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str]
    brand: Mapped[str]
    name_zh: Mapped[str]
    price_minor: Mapped[int]
    rank: Mapped[int]


app = Flask("floor")
engine = create_engine(os.environ["SHOP_DATABASE_URL"], pool_size=4)


@app.get("/page/core")
def page() -> str:
    with engine.connect() as connection:
        products = connection.execute(select(Product.__table__).order_by(Product.rank, Product.id).limit(20)).all()
    return render_template_string(PAGE, title="floor", products=products)
