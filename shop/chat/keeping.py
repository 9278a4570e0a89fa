"""What marketing keeps for the chat: answers with their keywords, and the hours in which one of us reads along."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.chat import rules
from shop.chat.models import ChatAnswer, ServiceHours
from shop.chat.rules import Keyworded, WrongAnswer
from shop.chat.states import Topic
from shop.flights import hours as clock_times

ANSWERS: Any = ChatAnswer.__table__
HOURS: Any = ServiceHours.__table__
MOST_ANSWERS = 100
WEEKDAYS = "1234567"
Hours = Mapping[str, Sequence[str]]


class NoSuchAnswer(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_answer"


class Answer(Struct, frozen=True):
    """An answer that is kept. `texts` by language; `topic`: it only adds keywords to what the shop answers itself."""

    id: int
    name: str
    topic: str | None
    keywords: list[str]
    texts: dict[str, str]
    active: bool
    changed_at: datetime
    changed_by: str


def keyworded(session: Session) -> list[Keyworded]:
    """The active answers as far as finding them goes, in one statement."""
    rows = session.execute(
        select(ANSWERS.c.id, ANSWERS.c.topic, ANSWERS.c.keywords).where(ANSWERS.c.active).order_by(ANSWERS.c.id).limit(MOST_ANSWERS)
    )
    return [Keyworded(row.id, Topic(row.topic) if row.topic else None, tuple(row.keywords)) for row in rows]


def service_hours(session: Session) -> Hours:
    """ISO weekday to clock times in pairs, in Frankfurt; empty: nobody reads along."""
    found: Hours | None = session.execute(select(HOURS.c.hours).order_by(HOURS.c.id.desc()).limit(1)).scalar()
    return found or {}


def hours_now() -> Hours:
    """As `service_hours`, for pages."""
    with reading() as session:
        return service_hours(session)


def answers() -> list[Answer]:
    """Every answer that is kept, by name, those that are switched off too."""
    with reading() as session:
        return [Answer(**row._mapping) for row in session.execute(select(ANSWERS).order_by(ANSWERS.c.name).limit(MOST_ANSWERS))]


def answer(answer_id: int) -> Answer:
    """Raises NoSuchAnswer."""
    with reading() as session:
        row = session.execute(select(ANSWERS).where(ANSWERS.c.id == answer_id)).first()
    if row is None:
        raise NoSuchAnswer
    return Answer(**row._mapping)


def keep(
    answer_id: int | None, *, name: str, topic: str | None, keywords: Sequence[str], texts: Mapping[str, str], active: bool, by: str,
    now: datetime,
) -> int:  # fmt: skip
    """Keep a new answer (`answer_id` None) or change one; answers its key. Raises WrongAnswer, NoSuchAnswer."""
    words = list(dict.fromkeys(word.strip() for word in keywords if word.strip()))
    rules.check_answer(name, topic, words, texts)
    values: dict[str, Any] = {
        "name": name.strip(), "topic": topic, "keywords": words, "active": active,
        "texts": {lang: text.strip() for lang, text in texts.items() if text.strip()},
        "changed_at": now, "changed_by": by,
    }  # fmt: skip
    with transaction() as session:
        before = None
        if answer_id is None:
            if (session.scalar(select(func.count()).select_from(ANSWERS)) or 0) >= MOST_ANSWERS:
                raise WrongAnswer(fields={"name": ["too_many_answers"]})
            answer_id = session.execute(insert(ANSWERS).values(values).returning(ANSWERS.c.id)).scalar_one()
        else:
            row = session.execute(select(ANSWERS).where(ANSWERS.c.id == answer_id).with_for_update()).first()
            if row is None:
                raise NoSuchAnswer
            before = {"name": row.name, "keywords": row.keywords, "texts": row.texts, "active": row.active, "topic": row.topic}
            session.execute(update(ANSWERS).where(ANSWERS.c.id == answer_id).values(values))
        after = {key: values[key] for key in ("name", "keywords", "texts", "active", "topic")}
        audit.record(session, by, "chat.answer_kept", f"chat_answer:{answer_id}", now, before=before, after=after)
    return answer_id


def set_hours(typed: Mapping[str, str], by: str, now: datetime) -> Hours:
    """Say when one of us reads along: a day as `09:00-12:00, 13:00-18:00`, or nothing. Raises WrongAnswer with `day_<n>`."""
    hours: dict[str, list[str]] = {}
    errors: dict[str, list[str]] = {}
    for day in WEEKDAYS:
        try:
            hours[day] = clock_times.read_day(typed.get(day, ""))
        except clock_times.WrongHours as wrong:
            errors[f"day_{day}"] = wrong.fields["hours"]
    if errors:
        raise WrongAnswer(fields=errors)
    with transaction() as session:
        before = dict(service_hours(session))
        session.execute(insert(HOURS).values({"hours": hours, "changed_at": now, "changed_by": by}))
        audit.record(session, by, "chat.hours_changed", "chat:service_hours", now, before={"hours": before}, after={"hours": hours})
    return hours
