"""What somebody types, and what they mean: the products it finds, and when it finds none, what it may have been.

What is typed is looked up as it stands first, in one statement. Only when that finds nothing is it taken apart: a name without
blanks into its words, characters into their sound, a misspelt word into one that there is.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.catalogue import listing, spelling
from shop.catalogue.listing import Listed, Wanted
from shop.catalogue.queries import PAGE
from shop.catalogue.search_models import SearchSpelling

SPELLINGS: Any = SearchSpelling.__table__
LONGEST_PIECES = 12  # characters of a Chinese text that is taken apart
CANDIDATES = 60
# Pieces after taking apart; an address may still be long.
MOST_TERMS = 8


class Instead(Struct, frozen=True):
    """A word that nobody has (`typed`), and the one that was searched for in its place, as the shop writes it."""

    typed: str
    shown: str


class Found(Struct, frozen=True):
    """`instead` says which words were understood as others. `loosely`: nothing has all of the words, these have some."""

    listed: Listed
    instead: tuple[Instead, ...] = ()
    loosely: bool = False


class _Meant(Struct, frozen=True):
    """What one typed word is looked up by; `shown` when it is another word than was typed."""

    terms: tuple[str, ...]
    shown: str | None = None


def search(words: str, wanted: Wanted, start: int = 0, limit: int = PAGE, *, now: datetime, texts: bool = False) -> Found:
    """Products that are `wanted` and fit what was typed, best first. One statement when it is found as it stands, else five at most."""
    typed = spelling.tokens(words)
    if not typed:
        return Found(Listed([], None))
    asked = replace(wanted, terms=tuple(typed))
    listed = listing.products(asked, start, limit, now=now, texts=texts)
    if listed.items:
        return Found(listed)
    return _meaning(asked, typed, start, limit, now, texts) or Found(listed)


def _meaning(asked: Wanted, typed: list[str], start: int, limit: int, now: datetime, texts: bool) -> Found | None:
    """The same by what may have been meant; None when that is nothing else."""
    with reading() as session:
        meant = _understood(session, typed)
    terms = tuple(dict.fromkeys(term for one in meant for term in one.terms))[:MOST_TERMS]
    instead = tuple(Instead(word, one.shown) for word, one in zip(typed, meant, strict=True) if one.shown)
    if terms and all(one.terms for one in meant) and terms != asked.terms:
        listed = listing.products(replace(asked, terms=terms), start, limit, now=now, texts=texts)
        if listed.items:
            return Found(listed, instead)
    if len(terms) > 1 or (terms and len(typed) > 1):
        listed = listing.products(replace(asked, terms=terms, any_term=True), start, limit, now=now, texts=texts)
        return Found(listed, instead, loosely=True) if listed.items else None
    return None


def _understood(session: Session, typed: list[str]) -> list[_Meant]:
    """What each word may mean: itself, where something is found by it."""
    tried = {word: _tries(word) for word in typed}
    there = listing.known(session, list(dict.fromkeys([*typed, *(term for terms in tried.values() for term in terms)])))
    strange = [word for word in typed if word not in there]
    spelt = _spelt(session, [_sound(word) for word in strange])
    return [_Meant((word,)) if word in there else _one(word, there, spelt.get(_sound(word), [])) for word in typed]


def _sound(word: str) -> str:
    return "".join(spelling.syllables(word)) if spelling.is_chinese(word) else word


def _tries(word: str) -> list[str]:
    """Everything a word that is not found may be looked up by instead, spelling apart."""
    if spelling.is_chinese(word):
        cut, sound = word[:LONGEST_PIECES], _sound(word)
        pieces = [cut[start:end] for start in range(len(cut)) for end in range(start + 2, min(len(cut), start + 6) + 1)]
        return [*pieces, *(term for term in (sound, spelling.SOUNDS + spelling.loose(sound)) if term.strip(spelling.SOUNDS))]
    parts = [part for n in range(2, len(word) - 1) for part in (word[:n], word[n:])]
    return [spelling.SOUNDS + spelling.loose(word), *parts]


def _one(word: str, there: set[str], spelt: list[tuple[int, str, str]]) -> _Meant:
    """The likeliest meaning of a word that finds nothing; none at all, perhaps."""
    loose = spelling.SOUNDS + spelling.loose(_sound(word))
    best = spelt[0] if spelt else None
    if spelling.is_chinese(word):
        if pieces := _pieces(word[:LONGEST_PIECES], there, whole=True):
            return _Meant(pieces)
        for term in (_sound(word), loose):
            if len(term) > 2 and term in there:
                return _Meant((term,), best[2] if best and best[1] == term else None)
        if best:
            return _Meant((best[1],), best[2])
        return _Meant(_pieces(word[:LONGEST_PIECES], there, whole=False))
    if best and best[0] <= 1:
        return _Meant((best[1],), best[2])
    halves = [(word[:n], word[n:]) for n in range(2, len(word) - 1) if word[:n] in there and word[n:] in there]
    if halves:
        return _Meant(max(halves, key=lambda pair: min(len(pair[0]), len(pair[1]))))
    if len(word) > 2 and loose in there:
        return _Meant((loose,))
    return _Meant((best[1],), best[2]) if best else _Meant(())


def _pieces(text: str, there: set[str], *, whole: bool) -> tuple[str, ...]:
    """A text without blanks as words that there are, the longest first; with `whole` only when nothing is left over."""
    found, start = [], 0
    while start < len(text):
        end = next((end for end in range(min(len(text), start + 6), start + 1, -1) if text[start:end] in there), None)
        if end is None:
            if whole:
                return ()
            start += 1
        else:
            found.append(text[start:end])
            start = end
    return tuple(found)


def _spelt(session: Session, words: list[str]) -> dict[str, list[tuple[int, str, str]]]:
    """Words that there are and that each of these may be, with how many letters differ, the nearest first; one statement."""
    keys = {word: spelling.spelling_keys(word) for word in words if spelling.errors_forgiven(word)}
    if not keys:
        return {}
    rows = session.execute(
        select(SPELLINGS.c.word, SPELLINGS.c.shown)
        .where(SPELLINGS.c.key.in_(sorted(set().union(*keys.values()))))
        .distinct()
        .limit(CANDIDATES * len(keys))
    ).all()
    found: dict[str, list[tuple[int, str, str]]] = {}
    for word in keys:
        near = [(spelling.distance(word, row.word), row.word, row.shown) for row in rows]
        found[word] = sorted(one for one in near if one[0] <= spelling.errors_forgiven(word))
    return found
