"""What became of an import, told in a shell: counts, then every fault and every change, with codes instead of words."""

from collections.abc import Iterator

from shop.exchange import queries
from shop.exchange.columns import BY_NAME, shown
from shop.exchange.queries import ImportView, LineView
from shop.exchange.states import ImportState, Outcome

LONGEST = 60


def told(found: ImportView) -> Iterator[str]:
    """Line by line."""
    notes = found.notes
    if found.state is ImportState.UNREADABLE:
        yield f"cannot be read: {', '.join(f'{name}={value}' for name, value in notes.items())}"
        return
    how = f"{notes['encoding']}, separator {notes['separator']!r}" if notes["format"] == "csv" else f"sheet {notes['sheet']}"
    yield f"read as {notes['format']} ({how}): {found.done} lines"
    if notes["unknown"]:
        yield f"unknown columns, left out: {', '.join(notes['unknown'])}"
    if notes["new_brands"]:
        yield f"new brands: {', '.join(notes['new_brands'])}"
    for outcome in (Outcome.FAULT, Outcome.NEW, Outcome.CHANGED):
        after: int | None = 0
        while after is not None:
            page = queries.lines(found.id, outcome, after)
            for line in page.items:
                yield from _line(line)
            after = page.next
    yield f"{found.new} new, {found.changed} changed, {found.unchanged} unchanged, {found.faulty} with faults"
    if found.state is ImportState.OVERTAKEN:
        yield f"not applied: {notes.get('reason') or 'changed meanwhile, lines ' + ', '.join(map(str, notes['overtaken']))}"
    else:
        yield {"applied": "applied", "checked": "nothing was changed"}.get(found.state.value, "nothing was changed")


def _line(line: LineView) -> Iterator[str]:
    start = f"line {line.line} {line.sku or '-'}: "
    for fault in line.faults:
        yield f"{start}{fault['column'] or 'line'}: {fault['code']}" + (f" ({fault['text']})" if fault["text"] else "")
    for name, (before, after) in line.changes.items():
        old, new = (_short(shown(BY_NAME[name], value)) for value in (before, after))
        yield f"{start}{name}: {new}" if line.outcome is Outcome.NEW else f"{start}{name}: {old} -> {new}"


def _short(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"
