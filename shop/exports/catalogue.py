"""The whole catalogue as one more thing that is made in the background: no report, but asked for, watched and fetched as one."""

from datetime import datetime
from typing import Any

from shop.exchange.exporting import FORMATS
from shop.exports import asking, permitting
from shop.exports.asking import Actor
from shop.exports.kinds import CATALOGUE
from shop.reports.asked import Day, Header, WrongFilter
from shop.reports.period import FRANKFURT


def ask(kind: str, language: str, actor: Actor, key: str, now: datetime) -> str:
    """Have it made, `xlsx` or `csv`, as it is then; answers the export's token, the same for the same `key` of this actor.

    Raises WrongFilter, MayNotExport, TooManyExports, ExportKeyReused.
    """
    if kind not in FORMATS:
        raise WrongFilter(fields={"format": ["wrong_choice"]})
    permitting.check_actor(actor.key, CATALOGUE.name, {})
    today = now.astimezone(FRANKFURT).date()
    columns: dict[str, Any] = {
        "report": CATALOGUE.name, "format": kind, "language": language, "header": Header.WORDS.value, "day": Day.ORDERED.value,
        "first_day": today, "last_day": today, "filters": {},
    }  # fmt: skip
    return asking.ask_for(columns, actor, key, now)
