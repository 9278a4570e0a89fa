"""What the chat answers: at once, from the traveller's own orders only, at most once, and a person when one is there."""
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import builders
import pytest
from builders import NOW
from flask import Flask
from sqlalchemy import select

from shop.base import clock
from shop.base.db import reading, transaction
from shop.chat import answering, keeping, rules
from shop.chat.models import ChatEntry
from shop.chat.rules import Keyworded, WrongAnswer, about
from shop.chat.states import Outcome, Topic
from shop.gateways.official_account import AccountUnavailable
from shop.people.models import Traveller
from shop.web import chat_words

from .playing import Phone, work

ALL_DAY = {str(day): "00:00-24:00" for day in range(1, 8)}


def a_traveller(phone: Phone, language: str | None = None) -> Any:
    """The phone's owner has signed in to the shop."""
    with transaction() as session:
        made = Traveller(app_id=phone.numbers.app_id, openid=phone.openid, first_seen_at=NOW, last_seen_at=NOW, language=language)
        session.add(made)
        session.flush()
        return made.id


def last_out() -> ChatEntry | None:
    with reading() as session:
        return session.scalars(select(ChatEntry).where(ChatEntry.way == "out").order_by(ChatEntry.id.desc()).limit(1)).first()


def an_order_to_come(traveller: Any) -> Any:
    """Paid, and to be collected the day after tomorrow by the real clock."""
    now = clock.now()
    return builders.a_paid_order(traveller=traveller, now=now, date=(now + timedelta(days=2)).date())


def test_my_order_is_told_with_state_code_way_and_a_link(phone: Phone) -> None:
    order = an_order_to_come(a_traveller(phone))

    said = phone.asked("我的订单")

    assert order.number in said
    assert builders.code_of(order) in said
    assert "备货中" in said
    assert "CA932" in said
    assert f'<a href="http://localhost/orders/{order.number}">' in said
    assert "Counter T1-B42（中）" in said


def test_an_order_is_told_only_to_its_own_traveller(phone: Phone, phone_of: Callable[[str], Phone]) -> None:
    order = an_order_to_come(a_traveller(phone))
    other = phone_of("li")
    a_traveller(other)

    by_number, by_words, stranger = other.asked(order.number), other.asked("我的订单"), phone_of("zhang").asked(order.number)

    for said in (by_number, by_words, stranger):
        assert builders.code_of(order) not in said
        assert "CA932" not in said
    assert order.number in phone.asked(order.number.lower())
    assert "/orders/" in stranger  # they are told to open the shop once


def test_the_way_to_the_counter_is_that_of_the_order_else_of_all(phone: Phone) -> None:
    before = phone.asked("柜台在哪里")
    an_order_to_come(a_traveller(phone))
    after = phone.asked("柜台在哪里")

    assert "T1-B42" in before and "T3-H07" in before  # noqa: PT018 - both at once is the point
    assert "Turn right（中）" in after
    assert "T3-H07" not in after


@pytest.mark.parametrize(("text", "has"), [
    ("营业时间", "06:00–21:30"), ("opening hours", "06:00–21:30"), ("Öffnungszeiten", "06:00–21:30"),
    ("免税额度", "5,000"), ("customs allowance", "1.5 litres"), ("你好", "我的订单"), ("asdf qwer", "My order"),
])
def test_what_needs_no_order_is_answered_to_anybody_in_their_language(phone: Phone, text: str, has: str) -> None:
    assert has in phone.asked(text)


@pytest.mark.parametrize(("text", "path"), [("改签航班", "/orders/{}/trip"), ("取消订单", "/orders/{}")])
def test_changing_and_cancelling_lead_to_the_pages_that_do_it(phone: Phone, text: str, path: str) -> None:
    order = an_order_to_come(a_traveller(phone))

    assert f'href="http://localhost{path.format(order.number)}"' in phone.asked(text)


def test_the_allowance_counts_what_is_ordered(phone: Phone) -> None:
    now = clock.now()
    sku = builders.a_product(alcohol=400, volume_ml=1000)
    grown_up = {"birth_date": NOW.date().replace(year=1990)}
    builders.a_paid_order({sku: 1}, traveller=a_traveller(phone), now=now, date=(now + timedelta(days=2)).date(), **grown_up)

    said = phone.asked("海关限额")

    assert "1 升" in said
    assert "2026-11-21" in said


def test_a_tap_on_the_menu_is_answered_like_words(phone: Phone) -> None:
    phone.box.control.follower("wang", follows=True, did="menu")
    phone.event("CLICK", EventKey="hours")

    (said,) = phone.heard()
    assert "06:00–21:30" in said


def test_who_follows_without_a_code_is_welcomed_and_who_comes_by_one_is_not_talked_over(
    phone: Phone, phone_of: Callable[[str], Phone]
) -> None:
    phone.box.control.follower("wang", follows=False)
    phone.box.control.follower("wang", follows=True)
    phone.event("subscribe", EventKey="")
    other = phone_of("li")
    other.event("subscribe", EventKey="qrscene_order", Ticket="gQ")

    (said,) = phone.heard()
    assert "我的订单" in said
    assert other.heard() == []


def test_marketing_s_answers_come_by_their_keywords_in_the_language_of_who_asks(phone: Phone) -> None:
    keeping.keep(None, name="Wifi", topic=None, keywords=["wifi", "无线网"], texts={"zh": "机场免费无线网", "en": "Free wifi"}, active=True,
                 by="staff:1", now=NOW)  # fmt: skip
    off = keeping.keep(None, name="Off", topic=None, keywords=["secret"], texts={"zh": "x"}, active=False, by="staff:1", now=NOW)

    assert phone.asked("有无线网吗") == "机场免费无线网"
    assert phone.asked("Is there WiFi?") == "Free wifi"
    assert "secret" not in phone.asked("secret")
    assert keeping.answer(off).active is False


def test_marketing_can_add_words_to_what_the_shop_answers_itself(phone: Phone) -> None:
    keeping.keep(None, name="Slang", topic="hours", keywords=["啥时候"], texts={}, active=True, by="staff:1", now=NOW)

    assert "06:00–21:30" in phone.asked("啥时候能来")


@pytest.mark.parametrize(("changes", "field", "code"), [
    ({"name": ""}, "name", "missing"), ({"name": "x" * 61}, "name", "too_long"), ({"keywords": []}, "keywords", "missing"),
    ({"keywords": [" ", ""]}, "keywords", "missing"), ({"keywords": [str(n) for n in range(31)]}, "keywords", "too_many_keywords"),
    ({"keywords": ["x" * 31]}, "keywords", "too_long"), ({"texts": {"zh": "长" * 700}}, "text_zh", "too_long"),
    ({"texts": {"en": "x"}}, "text_zh", "missing"), ({"topic": "gossip"}, "topic", "wrong_choice"),
])
def test_an_answer_that_cannot_be_kept_is_refused_by_its_field(app: Flask, changes: dict, field: str, code: str) -> None:
    values: dict[str, Any] = {"name": "A", "topic": None, "keywords": ["a"], "texts": {"zh": "x"}, "active": True} | changes

    with pytest.raises(WrongAnswer) as refused:
        keeping.keep(None, **values, by="staff:1", now=NOW)

    assert refused.value.fields[field] == [code]
    assert keeping.answers() == []


def test_a_person_takes_over_in_service_hours_and_the_shop_keeps_quiet(phone: Phone) -> None:
    keeping.set_hours(ALL_DAY, "staff:1", NOW)

    handed = phone.say("人工客服")
    assert phone.answer(handed)["MsgType"] == "transfer_customer_service"
    assert phone.answer(handed)["ToUserName"] == phone.openid
    assert phone.asked("我的订单") == ""  # one of us is about to answer

    phone.event("kf_create_session", KfAccount="a@b")
    assert phone.asked("营业时间") == ""
    phone.event("kf_close_session", KfAccount="a@b")
    with transaction() as session:
        for entry in session.scalars(select(ChatEntry).where(ChatEntry.outcome == "handed_over")):
            entry.at -= timedelta(minutes=11)
    assert "06:00–21:30" in phone.asked("营业时间")


def test_outside_service_hours_the_times_are_told_and_nobody_is_handed_over(phone: Phone) -> None:
    tomorrow = str((clock.now().astimezone(rules.HERE) + timedelta(days=1)).isoweekday())
    keeping.set_hours({tomorrow: "09:00-18:00"}, "staff:1", NOW)

    said = phone.asked("人工")

    assert "09:00–18:00" in said


def test_without_service_hours_nobody_is_promised(phone: Phone) -> None:
    said = phone.asked("人工")

    assert "柜台" in said
    assert "“人工”" not in said


def test_wrong_service_hours_are_refused_by_the_day(app: Flask) -> None:
    with pytest.raises(WrongAnswer) as refused:
        keeping.set_hours({"1": "9 to 5", "2": "09:00-18:00"}, "staff:1", NOW)

    assert set(refused.value.fields) == {"day_1"}
    assert keeping.hours_now() == {}


def an_entry(phone: Phone, text: str = "hello") -> int:
    phone.say(text)
    with reading() as session:
        return int(session.scalars(select(ChatEntry.id).order_by(ChatEntry.id.desc()).limit(1)).one())


def test_an_answer_goes_out_once_however_often_it_is_asked_for(phone: Phone) -> None:
    entry, sent = an_entry(phone), []

    for _ in range(3):
        answering.answer(entry, chat_words.say, lambda *said: sent.append(said), clock.now())

    assert len(sent) == 1


def test_what_certainly_did_not_go_out_is_tried_again_and_what_may_have_is_not(phone: Phone) -> None:
    certainly, perhaps = an_entry(phone), an_entry(phone)

    def fail(maybe_done: bool) -> Callable[[str, str, str], None]:
        def send(*_said: str) -> None:
            raise AccountUnavailable("timeout", maybe_done=maybe_done)

        return send

    with pytest.raises(AccountUnavailable):
        answering.answer(certainly, chat_words.say, fail(False), clock.now())
    assert answering.answer(certainly, chat_words.say, lambda *said: None, clock.now()) is Outcome.SENT
    assert answering.answer(perhaps, chat_words.say, fail(True), clock.now()) is Outcome.UNCERTAIN
    assert answering.answer(perhaps, chat_words.say, lambda *said: None, clock.now()) is None


def test_a_closed_window_is_noted_and_not_fought(phone: Phone) -> None:
    phone.send(phone.fields(MsgType="text", Content="hello", MsgId=1))  # the sandbox has opened no window

    work()

    out = last_out()
    assert out is not None
    assert (out.outcome, out.said) == ("refused", "wechat_outside_window")


def test_an_answer_that_comes_too_late_is_not_given(phone: Phone) -> None:
    entry = an_entry(phone)

    assert answering.answer(entry, chat_words.say, lambda *said: None, clock.now() + timedelta(minutes=11)) is Outcome.LATE


def test_nobody_is_answered_without_end(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ANSWERS_AN_HOUR", 2)
    outcomes = [answering.answer(an_entry(phone), chat_words.say, lambda *said: None, clock.now()) for _ in range(4)]

    assert outcomes == [Outcome.SENT, Outcome.SENT, Outcome.LIMITED, Outcome.LIMITED]


def test_answering_costs_few_statements(phone: Phone, statements: list[str]) -> None:
    an_order_to_come(a_traveller(phone))
    entry = an_entry(phone, "我的订单")
    statements.clear()

    answering.answer(entry, chat_words.say, lambda *said: None, clock.now())

    assert len(statements) <= 11, statements


@pytest.mark.parametrize("language", ["zh", "en", "de"])
@pytest.mark.parametrize("topic", [one for one in Topic if one not in (Topic.NONE, Topic.OWN)])
def test_every_topic_has_words_in_every_language_that_fit_into_a_message(app: Flask, topic: Topic, language: str) -> None:
    for known in (False, True):
        for hours in ({}, {"1": ["09:00", "18:00"]}):
            said = chat_words.say(answering.Reply(topic, known, hours=hours), language, NOW)
            assert 0 < len(said.encode()) <= rules.LONGEST_TEXT
            assert "&" not in said
            assert "\n\n\n" not in said


@pytest.mark.parametrize(("text", "topic"), [
    ("我的订单", Topic.ORDERS), ("取消订单", Topic.CANCEL), ("退款进度", Topic.CANCEL), ("转人工", Topic.PERSON), ("改签", Topic.CHANGE),
    ("wonderful", Topic.UNKNOWN), ("Wo ist der Schalter?", Topic.COUNTER), ("ＯＲＤＥＲ", Topic.ORDERS), ("", Topic.UNKNOWN),
    ("?" * 5000, Topic.UNKNOWN), ("D7K3M9PQ2X", Topic.ORDERS), ("XD7K3M9PQ2X", Topic.UNKNOWN), ("hi", Topic.HELP), ("this", Topic.UNKNOWN),
])
def test_a_text_is_about_its_longest_keyword(text: str, topic: Topic) -> None:
    assert about(text, []).topic is topic


def test_a_longer_keyword_of_marketing_wins_and_so_does_one_of_the_same_length() -> None:
    kept = [Keyworded(7, None, ("退款多久",)), Keyworded(8, None, ("退款",))]

    assert about("退款多久到账", kept).answer_id == 7
    assert about("我要退款", kept).answer_id == 8


@pytest.mark.parametrize(("moment", "is_open"), [
    ("08:59", False), ("09:00", True), ("11:59", True), ("12:00", False), ("17:59", True), ("18:00", False),
])
def test_service_hours_are_by_frankfurt_s_clock(moment: str, is_open: bool) -> None:
    local = datetime.fromisoformat(f"2026-11-23T{moment}:00").replace(tzinfo=rules.HERE)

    assert rules.open_at({"1": ["09:00", "12:00", "13:00", "18:00"]}, local.astimezone(UTC)) is is_open
