"""How words are compared in a search: accents folded, Chinese by its characters, its sound and its initials, and words that
differ by a typing error. Texts in, texts out; no database.

A *term* is what the index holds and a search looks up by its beginning. Chinese has no blanks between its words, so that a
name is indexed from each of its characters on: what stands in the middle of it is the beginning of one of these.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from msgspec import Struct

LONGEST = 24  # letters of a term; what is typed is cut, too
MOST_TOKENS = 6
CHINESE = r"\u3400-\u9fff\uf900-\ufaff"
RUN = re.compile(rf"[{CHINESE}]+|[a-z0-9]+")
APOSTROPHES = re.compile(r"['’‘`´]")
OTHER_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
SOUNDS = "~"  # begins a term that holds how Chinese sounds to somebody who does not tell zh from z, n from l, ang from an
# How much it says of a product that a word is found here.
CODE, BRAND, NAME, SHELF, SOUND, INITIALS, LOOSE, MEASURE = 60, 40, 30, 12, 20, 14, 8, 6
FIRST = 4  # more, where the name begins with it
WHOLE = 10  # more, when it is not only the beginning of a word
LEAST_SPELT = 4  # letters of a word in which an error may be forgiven


class Described(Struct, frozen=True):
    """What of a product is searched."""

    sku: str
    ean: str
    brand: str
    names: Mapping[str, str]
    shelf: Mapping[str, str]
    volume_ml: int | None
    weight_g: int | None


def fold(text: str) -> str:
    """Small letters without accents, full-width letters as plain ones: `Lancôme` → `lancome`, `ＳＫ-Ⅱ` → `sk-ii`."""
    small = unicodedata.normalize("NFKC", text).casefold().translate(OTHER_LETTERS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", small) if not unicodedata.combining(letter))


def tokens(text: str) -> list[str]:
    """What somebody is looking for, word by word, folded: `兰蔻lancôme 50ml` → 兰蔻, lancome, 50ml."""
    found = [run[:LONGEST] for run in RUN.findall(APOSTROPHES.sub("", fold(text)))]
    return list(dict.fromkeys(found))[:MOST_TOKENS]


def is_chinese(token: str) -> bool:
    return token[0] > "\u3000"


def syllables(chinese: str) -> list[str]:
    """How each character sounds, without tones: 威士忌 → wei, shi, ji. ü is written v, as it is typed."""
    from pypinyin import lazy_pinyin

    return [str(sound) for sound in lazy_pinyin(chinese, errors="ignore")]


def loose(sound: str) -> str:
    """The same for sounds that many Chinese speakers do not tell apart when they type: zh z, ch c, sh s, n l, ng n, v u."""
    for exact, same in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"), ("v", "u")):
        sound = sound.replace(exact, same)
    return sound


def skeleton(word: str) -> str:
    """What is left when one does not know how to write it: one sign for letters that sound alike, no vowels, nothing twice."""
    plain = word[0] + re.sub(r"[aeiouyhw]", "", word[1:])
    for same, sign in (("ph", "f"), ("ck", "k"), ("c", "k"), ("q", "k"), ("z", "s"), ("v", "f"), ("d", "t"), ("b", "p"), ("g", "k")):
        plain = plain.replace(same, sign)
    return re.sub(r"(.)\1+", r"\1", plain)


def spelling_keys(word: str) -> set[str]:
    """Words that are one typing error apart have one of these in common: the word, the word without each of its letters, and
    its skeleton (`#…`)."""
    keys = {word, *(word[:n] + word[n + 1 :] for n in range(len(word)))}
    bare = skeleton(word)
    return keys | ({f"#{bare}"} if len(bare) > 2 else set())


def errors_forgiven(word: str) -> int:
    """How many letters of a word of this length may be wrong."""
    return 0 if len(word) < LEAST_SPELT else 1 if len(word) < 7 else 2


def distance(one: str, other: str) -> int:
    """Letters that are wrong, missing, too many, or two that have changed places."""
    from rapidfuzz.distance import OSA

    return int(OSA.distance(one, other))


def terms_of(said: Described) -> dict[str, int]:
    """The terms under which a product is found, each with what it says of the product."""
    found: dict[str, int] = {}
    for term, weight in _terms(said):
        cut = term[:LONGEST]
        found[cut] = max(weight, found.get(cut, 0))
    return found


def _terms(said: Described) -> Iterator[tuple[str, int]]:
    for code in (said.sku, said.ean):
        plain = fold(code)
        yield from ((run, CODE) for run in (*RUN.findall(plain), "".join(RUN.findall(plain))))
    yield from _of_text(said.brand, BRAND)
    yield from ((word, BRAND + FIRST) for word in _joined(said.brand))
    for name in said.names.values():
        yield from _of_text(name, NAME)
    for shelf in said.shelf.values():
        yield from _of_text(shelf, SHELF)
    yield from ((term, MEASURE) for term in _measures(said))


def _of_text(text: str, weight: int) -> Iterator[tuple[str, int]]:
    plain = fold(APOSTROPHES.sub(" ", text))
    for place, run in enumerate(RUN.findall(plain)):
        first = FIRST if place == 0 else 0
        if is_chinese(run):
            yield from _of_chinese(run, weight, first)
        else:
            yield run, weight + first
    for chunk in text.split():
        for spelt in {fold(chunk), fold(chunk.casefold().translate(GERMAN))}:
            yield from ((word, weight) for word in _latin(spelt) | {"".join(_latin(spelt))} if word)


def _latin(folded: str) -> set[str]:
    return {run for run in RUN.findall(APOSTROPHES.sub("", folded)) if not is_chinese(run)}


def _joined(brand: str) -> set[str]:
    """A brand of several words, written as one: `Johnnie Walker` → johnniewalker."""
    runs = [run for run in RUN.findall(fold(APOSTROPHES.sub("", brand))) if not is_chinese(run)]
    return {"".join(runs)} if len(runs) > 1 else set()


def _of_chinese(run: str, weight: int, first: int) -> Iterator[tuple[str, int]]:
    """From each character on: the characters, how they sound, their initials, and how they sound to most."""
    sounds, share = syllables(run), weight / NAME
    for n in range(len(run)):
        more = first if n == 0 else 0
        yield run[n:], weight + more
        if n < len(sounds):
            yield "".join(sounds[n:]), round(SOUND * share) + more
            yield SOUNDS + loose("".join(sounds[n:])), round(LOOSE * share)
            if n < len(sounds) - 1:
                yield "".join(sound[0] for sound in sounds[n:]), round(INITIALS * share) + more


def _measures(said: Described) -> set[str]:
    found: set[str] = set()
    if said.volume_ml:
        found |= {f"{said.volume_ml}ml", f"{said.volume_ml}", "毫升"}
        found |= {f"{said.volume_ml // 10}cl"} if said.volume_ml % 10 == 0 else set()
        found |= {f"{said.volume_ml // 1000}l"} if said.volume_ml % 1000 == 0 else set()
    if said.weight_g:
        found |= {f"{said.weight_g}g", f"{said.weight_g}", "克"}
    return found


def vocabulary_of(said: Described) -> dict[str, str]:
    """The words of a product that somebody may misspell, each as it is written: brand, names, category, and how the short
    Chinese ones sound."""
    found: dict[str, str] = {}
    for text in (said.brand, *said.names.values(), *said.shelf.values()):
        for chunk in re.split(r"[\s,;/()（）·+&\-]+", text):
            word = "".join(RUN.findall(APOSTROPHES.sub("", fold(chunk))))
            if word and not re.search(rf"[{CHINESE}]", word) and not word.isdecimal() and LEAST_SPELT <= len(word) <= LONGEST:
                found.setdefault(word, APOSTROPHES.sub("’", chunk.strip(".:!?"))[:40])
        for run in RUN.findall(fold(text)):
            if is_chinese(run):
                found |= {word: shown for word, shown in _sounding(run) if word not in found}
    return found


def _sounding(run: str) -> Iterator[tuple[str, str]]:
    """Where a Chinese name begins and ends there are words: …威士忌 by its last two, three and four characters."""
    for length in (2, 3, 4):
        for piece in {run[:length], run[-length:]}:
            sound = "".join(syllables(piece))
            if len(piece) == length and LEAST_SPELT < len(sound) <= LONGEST:
                yield sound, piece
