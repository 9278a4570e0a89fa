"""Verbs about categories and brands: make one, rename it, hide it, put it further up or down."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.catalogue import brands, editing, indexing
from shop.catalogue.models import Brand, Category, Product
from shop.catalogue.queries import LANGUAGES, NoSuchCategory
from shop.catalogue.unique import looks_again

CODE = re.compile(r"[0-9a-z][0-9a-z_-]{0,31}")


class CodeTaken(ShopError):
    kind, code = Kind.CONFLICT, "code_taken"


class NameTaken(ShopError):
    kind, code = Kind.CONFLICT, "group_name_taken"


class WrongCode(ShopError):
    kind, code = Kind.INVALID, "wrong_group_code"


class NoSuchBrand(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_brand"


@looks_again
def create_category(code: str, name: Mapping[str, str], actor: str, now: datetime) -> None:
    """A new category, behind the others. Raises WrongCode, CodeTaken."""
    if not CODE.fullmatch(code):
        raise WrongCode(fields={"code": ["wrong_group_code"]})
    with transaction() as session:
        rows = _all(session, Category)
        if any(row.code == code for row in rows):
            raise CodeTaken(fields={"code": ["code_taken"]})
        session.add(Category(code=code, rank=_behind(rows), hidden=False, **_names(name)))
        session.flush()
        audit.record(session, actor, "category.created", f"category:{code}", now, after=_names(name))


def change_category(code: str, name: Mapping[str, str], hidden: bool, actor: str, now: datetime) -> None:
    """Rename a category, hide it or show it again. Raises NoSuchCategory."""
    with transaction() as session:
        row = _one(session, Category, code)
        if row is None:
            raise NoSuchCategory
        before = {**{column: getattr(row, column) for column in _names(name)}, "hidden": row.hidden}
        after = {**_names(name), "hidden": hidden}
        _change(session, row, f"category:{code}", before, after, actor, now)
        few = select(Product.id).where(Product.category_id == row.id).limit(indexing.AT_ONCE + 1)
        indexing.catch_up(session, session.scalars(few).all())


@looks_again
def create_brand(name: str, actor: str, now: datetime) -> str:
    """A new brand, behind the others; answers its code. Raises NameTaken."""
    with transaction() as session:
        rows = _all(session, Brand)
        if any(row.name.casefold() == name.casefold() for row in rows):
            raise NameTaken(fields={"name": ["group_name_taken"]})
        code = brands.code_for(name, {row.code for row in rows})
        session.add(Brand(code=code, name=name, rank=_behind(rows), hidden=False))
        session.flush()
        audit.record(session, actor, "brand.created", f"brand:{code}", now, after={"name": name})
        return code


@looks_again
def change_brand(code: str, name: str, hidden: bool, actor: str, now: datetime) -> None:
    """Rename a brand, and with it what its products say; hide it or offer it again. Raises NoSuchBrand, NameTaken."""
    with transaction() as session:
        rows = _all(session, Brand)
        row = next((row for row in rows if row.code == code), None)
        if row is None:
            raise NoSuchBrand
        if any(other.code != code and other.name.casefold() == name.casefold() for other in rows):
            raise NameTaken(fields={"name": ["group_name_taken"]})
        if row.name != name:
            own = select(Product).where(Product.brand_id == row.id).order_by(Product.id)
            renamed = session.scalars(own.with_for_update(key_share=True)).all()
            for product in renamed:
                product.brand = name
                editing.describe(product)
            session.flush()
            indexing.catch_up(session, [product.id for product in renamed])
        before, after = {"name": row.name, "hidden": row.hidden}, {"name": name, "hidden": hidden}
        _change(session, row, f"brand:{code}", before, after, actor, now)


def move_category(code: str, up: bool, actor: str, now: datetime) -> None:
    """One place further up or down. Raises NoSuchCategory."""
    _move(Category, code, up, actor, now, NoSuchCategory())


def move_brand(code: str, up: bool, actor: str, now: datetime) -> None:
    """One place further up or down. Raises NoSuchBrand."""
    _move(Brand, code, up, actor, now, NoSuchBrand())


def _move(model: type[Any], code: str, up: bool, actor: str, now: datetime, missing: ShopError) -> None:
    with transaction() as session:
        rows = list(_all(session, model))
        here = next((n for n, row in enumerate(rows) if row.code == code), None)
        if here is None:
            raise missing
        there = here - 1 if up else here + 1
        if not 0 <= there < len(rows):
            return
        rows[here], rows[there] = rows[there], rows[here]
        for place, row in enumerate(rows, start=1):
            row.rank = place
        session.flush()
        thing = f"{model.__name__.lower()}:{code}"
        audit.record(session, actor, f"{model.__name__.lower()}.moved", thing, now, {"place": here + 1}, {"place": there + 1})


def _change(session: Session, row: Any, thing: str, before: dict[str, Any], after: dict[str, Any], actor: str, now: datetime) -> None:
    if before == after:
        return
    for column, value in after.items():
        setattr(row, column, value)
    session.flush()
    audit.record(session, actor, f"{thing.partition(':')[0]}.changed", thing, now, before, after)


def _all(session: Session, model: type[Any]) -> Sequence[Any]:
    return session.scalars(select(model).order_by(model.rank, model.id).with_for_update(key_share=True)).all()


def _one(session: Session, model: type[Any], code: str) -> Any | None:
    return session.scalar(select(model).where(model.code == code).with_for_update(key_share=True))


def _behind(rows: Sequence[Any]) -> int:
    return max((row.rank for row in rows), default=0) + 1


def _names(name: Mapping[str, str]) -> dict[str, str]:
    return {f"name_{language}": name.get(language) or name["zh"] for language in LANGUAGES}
