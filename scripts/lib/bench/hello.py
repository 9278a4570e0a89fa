"""The least that Flask does: one route, one JSON answer. The measure of every other path."""

from flask import Flask

app = Flask("hello")


@app.get("/")
def hello() -> dict[str, str]:
    return {"hello": "world"}
