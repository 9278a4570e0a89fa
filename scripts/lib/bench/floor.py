"""A floor for cold starts: Flask, SQLAlchemy Core and a template of 20 cards, and nothing of the shop."""

import os

from flask import Flask, render_template_string
from sqlalchemy import column, create_engine, select, table

PAGE = """<!doctype html><title>{{ title }}</title><ul>
{% for p in products %}<li><a href="/products/{{ p.sku }}"><b>{{ p.brand }}</b> {{ p.name_zh }} {{ p.price_minor }}</a></li>
{% endfor %}</ul>"""
PRODUCTS = table("products", *(column(name) for name in ("id", "sku", "brand", "name_zh", "price_minor", "rank")))

app = Flask("floor")
engine = create_engine(os.environ["SHOP_DATABASE_URL"], pool_size=4)


@app.get("/page/core")
def page() -> str:
    with engine.connect() as connection:
        products = connection.execute(select(PRODUCTS).order_by(PRODUCTS.c.rank, PRODUCTS.c.id).limit(20)).all()
    return render_template_string(PAGE, title="floor", products=products)
