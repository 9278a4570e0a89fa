"""Verbs about the search's index: index what is new or says something else by now, drop what nobody says any more.

Commands index the few products they change in their own transaction (`catch_up`); what a file changes by the thousand the
worker indexes within a minute (`index_due`). A product that is not indexed is not found by words, and sold all the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import ARRAY, String, bindparam, cast, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from shop.base.db import changed, is_postgresql, transaction
from shop.catalogue import spelling
from shop.catalogue.models import Category, Product
from shop.catalogue.search_models import SearchEntry, SearchSpelling, SearchTerm

LOG = structlog.get_logger("shop.search")
MADE = 1  # grows when terms are made in another way: then everything is indexed again
AT_ONCE = 40  # products that a command indexes itself; more are left to the worker
BATCH = 200
PRODUCTS: Any = Product.__table__
CATEGORIES: Any = Category.__table__
TERMS: Any = SearchTerm.__table__
SPELLINGS: Any = SearchSpelling.__table__
ENTRIES: Any = SearchEntry.__table__
# All that the terms of a product are made of, as one text.
SAID = (
    PRODUCTS.c.search_text + "|" + CATEGORIES.c.name_zh + "|" + CATEGORIES.c.name_en + "|" + CATEGORIES.c.name_de + "|"
    + cast(func.coalesce(PRODUCTS.c.volume_ml, 0), String) + "|" + cast(func.coalesce(PRODUCTS.c.weight_g, 0), String)
)  # fmt: skip


def index_due(most: int = 2000) -> int:
    """Index what is due, some at a time; answers how many. Anybody may call it, as often as they like."""
    count = 0
    while count < most:
        with transaction() as session:
            done = _index(session, _due(session, None, BATCH))
        count += done
        if done < BATCH:
            break
    if count:
        LOG.info("products indexed for the search", count=count)
    return count


def catch_up(session: Session, product_ids: Collection[int]) -> None:
    """Index these products in the caller's transaction, when they are few. Everything about them must be flushed."""
    if 0 < len(product_ids) <= AT_ONCE:
        _index(session, _due(session, product_ids, AT_ONCE))


def tidy() -> int:
    """Drop words that no product has any more from those a misspelt word may mean; answers how many keys."""
    with transaction() as session:
        unused = ~exists().where(TERMS.c.term == SPELLINGS.c.word).correlate(SPELLINGS)
        return changed(session.execute(delete(SPELLINGS).where(unused)))


def _due(session: Session, product_ids: Collection[int] | None, most: int) -> list[Any]:
    wanted = (
        select(
            *(PRODUCTS.c[name] for name in ("id", "sku", "ean", "brand", "name_zh", "name_en", "name_de", "volume_ml", "weight_g")),
            *(CATEGORIES.c[f"name_{language}"].label(f"shelf_{language}") for language in ("zh", "en", "de")), SAID.label("said"),
        )
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).outerjoin(ENTRIES))
        .where(or_(ENTRIES.c.product_id.is_(None), ENTRIES.c.made != MADE, ENTRIES.c.said != SAID))
        .order_by(PRODUCTS.c.id)
        .limit(most)
    )  # fmt: skip
    if product_ids is not None:
        wanted = wanted.where(PRODUCTS.c.id.in_(sorted(product_ids)))
    return list(session.execute(wanted).all())


def _index(session: Session, rows: Iterable[Any]) -> int:
    """Whoever writes a product's entry first is alone with it until the end of the transaction."""
    rows = list(rows)
    if not rows:
        return 0
    put = _inserting(session)
    entries = put(ENTRIES).values([{"product_id": row.id, "made": MADE, "said": row.said} for row in rows])
    session.execute(
        entries.on_conflict_do_update(index_elements=["product_id"], set_={"made": entries.excluded.made, "said": entries.excluded.said})
    )
    session.execute(delete(TERMS).where(TERMS.c.product_id.in_([row.id for row in rows])))
    described = [(row.id, _described(row)) for row in rows]
    terms = [
        {"term": term, "product_id": key, "weight": weight} for key, said in described for term, weight in spelling.terms_of(said).items()
    ]
    _put(session, TERMS, terms)
    words: dict[str, str] = {}
    for _, said in described:
        words = {**spelling.vocabulary_of(said), **words}
    _put_spellings(session, words)
    return len(rows)


def _put_spellings(session: Session, words: Mapping[str, str]) -> None:
    known = set(session.scalars(select(SPELLINGS.c.word).where(SPELLINGS.c.key == SPELLINGS.c.word, SPELLINGS.c.word.in_(sorted(words)))))
    rows = [
        {"key": key, "word": word, "shown": shown}
        for word, shown in sorted(words.items())
        if word not in known
        for key in sorted(spelling.spelling_keys(word))
    ]
    _put(session, SPELLINGS, rows)


def _put(session: Session, table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows that are not there yet. PostgreSQL takes them as one list for each column: a row by row took ten times as long."""
    if not rows:
        return
    put = _inserting(session)(table).on_conflict_do_nothing()
    if is_postgresql(session):
        columns = list(rows[0])
        lists = [cast(bindparam(name, [row[name] for row in rows]), ARRAY(table.c[name].type)) for name in columns]
        session.execute(put.from_select(columns, select(*(func.unnest(one) for one in lists))))
    else:
        session.execute(put, list(rows))


def _described(row: Any) -> spelling.Described:
    names, shelf = ({language: getattr(row, f"{part}_{language}") for language in ("zh", "en", "de")} for part in ("name", "shelf"))
    return spelling.Described(
        sku=row.sku, ean=row.ean, brand=row.brand, names=names, shelf=shelf, volume_ml=row.volume_ml, weight_g=row.weight_g
    )


def _inserting(session: Session) -> Any:
    if is_postgresql(session):
        from sqlalchemy.dialects.postgresql import insert as insert_here
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_here  # type: ignore[assignment]
    return insert_here
