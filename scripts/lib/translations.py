"""Texts in three languages: take them from code and templates, keep the catalogues in step, check, compile.

The words in the code are English; `translations/<language>/LC_MESSAGES/messages.po` holds zh, en and de. The folder is
`zh`: Babel reads "zh_CN" as zh_Hans_CN and would not find a folder of that name.
"""
import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from fnmatch import fnmatch
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "translations"
TEMPLATE = FOLDER / "messages.pot"
LANGUAGES = ("zh", "en", "de")
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2), "lazy_pgettext": ((1, "c"), 2)}
NOT_OURS = (".*", "node_modules", "instance", "demo-output", "test-output", "build", "dist")
PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|\{(\w*)\}")
WIDTH = 110  # columns of a .po file


def _is_ours(folder: str) -> bool:
    # Babel's own filter leaves out names that begin with "_", and with them templates/_layout.
    return not any(fnmatch(Path(folder).name, pattern) for pattern in NOT_OURS)


def extract() -> Catalog:
    """Every text marked in shop/ and templates/."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = Catalog(project="shop", charset="utf-8", fuzzy=False)
    texts = extract_from_dir(ROOT, methods, options, KEYWORDS, ("Translators:",), directory_filter=_is_ours)
    for file_name, _line, message, comments, context in texts:
        # Files without line numbers: a moved line is no change of a text.
        found.add(message, None, [(file_name, 0)], auto_comments=comments, context=context)
    return found


def _path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def _read(language: str) -> Catalog:
    path = _path(language)
    if not path.exists():
        return Catalog(
            locale=language, project="shop", version="1", charset="utf-8", fuzzy=False, language_team=language,
            header_comment="# The shop's texts.", msgid_bugs_address="see README.md", last_translator="the shop's team",
        )  # fmt: skip
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _write(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, sort_by_file=True, omit_header=path == TEMPLATE, include_lineno=False)


def update() -> None:
    """Bring the catalogues in step with the code. New texts are empty in zh and de; in English they are the source."""
    template = extract()
    _write(TEMPLATE, template)
    for language in LANGUAGES:
        catalogue = _read(language)
        # A copy, because the catalogue keeps the very messages. No guessing: a similar old text would give a fuzzy
        # translation, which is a wrong one more often than not.
        catalogue.update(deepcopy(template), no_fuzzy_matching=True, update_creation_date=False)
        if language == "en":
            for message in catalogue:
                if message.id and not _is_complete(message):
                    message.string = message.id
        _write(_path(language), catalogue)
        print(f"{language}: {len(catalogue)} texts, {sum(1 for _ in problems(template, language))} to do")


def _strings(message: Message) -> tuple[str, ...]:
    text = message.string
    return (text,) if isinstance(text, str) else tuple(text or ())


def _is_complete(message: Message) -> bool:
    return bool(_strings(message)) and all(text.strip() for text in _strings(message))


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(match[0] for match in PLACEHOLDER.finditer(text.replace("%%", "")))


def problems(template: Catalog, language: str) -> Iterator[str]:
    """One sentence for each text of `template` that `language` lacks, or has half done."""
    catalogue = _read(language)
    for message in template:
        if not message.id:
            continue
        sources = (message.id,) if isinstance(message.id, str) else tuple(message.id)
        found = catalogue.get(message.id, message.context)
        if found is None or not _is_complete(found):
            yield f"not translated: {sources[0]!r}"
        elif found.fuzzy:
            yield f"marked fuzzy: {sources[0]!r}"
        else:
            yield from _foreign_placeholders(sources, _strings(found))


def _foreign_placeholders(sources: Sequence[str], translations: Sequence[str]) -> Iterator[str]:
    known = frozenset().union(*map(_placeholders, sources))
    for text in translations:
        if wrong := _placeholders(text) - known:
            yield f"{sources[0]!r}: {', '.join(sorted(wrong))} is not in the source"
        # A plural may say "one" in words; a single text must use all that it is given.
        if len(sources) == 1 and (lost := known - _placeholders(text)):
            yield f"{sources[0]!r}: {', '.join(sorted(lost))} is missing"


def check() -> int:
    """Print what is missing; answer the number of problems."""
    template = extract()
    number = 0
    for language in LANGUAGES:
        for problem in problems(template, language):
            print(f"{_path(language).relative_to(ROOT)}: {problem}")
            number += 1
    verdict = f"{number} problems (scripts/translations update)" if number else "all there"
    print(f"{len(template)} texts, {', '.join(LANGUAGES)}: {verdict}")
    return number


def compile_all() -> None:
    """Write messages.mo beside every messages.po; fuzzy texts are left out."""
    for language in LANGUAGES:
        if _path(language).exists():
            with _path(language).with_suffix(".mo").open("wb") as file:
                write_mo(file, _read(language))


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/translations", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["extract", "update", "check", "compile"], help=(
        "extract: write messages.pot; update: that, and bring the .po files in step; "
        "check: fail on texts that are missing, fuzzy or have other placeholders; compile: write the .mo files"
    ))  # fmt: skip
    what = parser.parse_args(arguments).what
    if what == "check":
        return 1 if check() else 0
    if what == "extract":
        _write(TEMPLATE, extract())
    elif what == "update":
        update()
    else:
        compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
