"""Mass sends: seen before they go, sent with a second click, never twice, never more than a month allows."""

from datetime import timedelta
from threading import Thread

import pytest
from flask import Flask

from shop.campaigns import queries, sending
from shop.campaigns.drafting import Desk
from shop.campaigns.queries import ArticleView, NoSuchSend
from shop.campaigns.sending import AgreementMissing, MonthUsedUp, NobodyThere, NoSuchTag
from shop.campaigns.states import NotNow, SendState
from shop.campaigns.writing import ArticleMovedOn
from shop.gateways.official_account import AccountRefused
from shop.sandbox import Sandbox

from .conftest import ME, NOW

AGREED = "在菜单里点了“接收优惠”, 自2026年10月起"


@pytest.fixture
def tag(box: Sandbox) -> int:
    return box.control.add_tag("已同意优惠", members=("o1", "o2"), others=1200)


def prepared(written: ArticleView, tag: int, desk: Desk, **more: object) -> int:
    asked = {"article_id": written.id, "seen": written.revision, "tag_id": tag, "agreed": AGREED, "desk": desk, "by": ME, "now": NOW}
    return sending.prepare(**{**asked, **more})  # type: ignore[arg-type]


def sent(box: Sandbox) -> list[str]:
    return [one["clientmsgid"] for one in box.control.press()["sends"]]


def test_nothing_goes_out_before_the_second_click_and_then_everybody_gets_it_once(
    written: ArticleView, tag: int, desk: Desk, box: Sandbox
) -> None:
    made = prepared(written, tag, desk)

    assert queries.send(made).receivers == 1202
    assert sent(box) == []

    assert sending.confirm(made, desk, "staff:2", NOW) is SendState.SENT
    with pytest.raises(NotNow):
        sending.confirm(made, desk, "staff:2", NOW)

    assert sent(box) == [queries.send(made).client_msg_id]
    assert (queries.send(made).prepared_by, queries.send(made).confirmed_by) == (ME, "staff:2")
    assert sending.go_on(desk, NOW) == 1
    assert queries.send(made).state is SendState.FINISHED


def test_an_answer_that_got_lost_is_asked_for_again_and_sends_nothing_twice(
    written: ArticleView, tag: int, desk: Desk, box: Sandbox
) -> None:
    made = prepared(written, tag, desk)
    box.control.fault("drop_after", path="/cgi-bin/message/mass/sendall")

    assert sending.confirm(made, desk, ME, NOW) is SendState.SENDING
    assert sending.go_on(desk, NOW) == 0  # not at once
    assert sending.go_on(desk, NOW + timedelta(minutes=1)) == 1

    assert len(sent(box)) == 1
    assert queries.send(made).state is SendState.SENT


def test_a_request_that_got_lost_is_sent_again(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    made = prepared(written, tag, desk)
    box.control.fault("drop_before", path="/cgi-bin/message/mass/sendall")
    sending.confirm(made, desk, ME, NOW)

    sending.go_on(desk, NOW + timedelta(minutes=1))

    assert len(sent(box)) == 1


def test_a_month_has_its_limit_and_the_next_one_begins_anew(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    waiting = [prepared(written, tag, desk) for _ in range(5)]
    for one in waiting[:4]:
        sending.confirm(one, desk, ME, NOW)

    with pytest.raises(MonthUsedUp):
        sending.confirm(waiting[4], desk, ME, NOW)
    with pytest.raises(MonthUsedUp):
        prepared(written, tag, desk)

    assert queries.send(waiting[4]).state is SendState.PREPARED
    assert len(sent(box)) == 4
    assert prepared(written, tag, desk, now=NOW + timedelta(days=10)) > waiting[4]


def test_what_wechat_refuses_has_failed_and_counts_for_nothing(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    made = prepared(written, tag, desk)
    box.control.fault("errcode", path="/cgi-bin/message/mass/sendall", errcode=40023)

    with pytest.raises(AccountRefused):
        sending.confirm(made, desk, ME, NOW)

    assert queries.send(made).state is SendState.FAILED
    assert queries.sent_to(tag, NOW) == 0


def test_what_failed_on_the_way_is_heard(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    box.control.press(next_send=["send fail"])
    made = prepared(written, tag, desk)
    sending.confirm(made, desk, ME, NOW)

    sending.go_on(desk, NOW)

    assert (queries.send(made).state, queries.send(made).problem) == (SendState.FAILED, "send_failed")


def test_wechats_own_word_counts_receivers_once(written: ArticleView, tag: int, desk: Desk) -> None:
    made = prepared(written, tag, desk)
    sending.confirm(made, desk, ME, NOW)
    number = str(queries.send(made).msg_id)

    assert sending.heard(number, 1190, 12, desk, NOW)
    assert not sending.heard(number, 1190, 12, desk, NOW)
    assert not sending.heard("nobody's", 1, 1, desk, NOW)

    assert (queries.send(made).reached, queries.send(made).refused) == (1190, 12)


def test_a_text_that_was_changed_since_does_not_go_out(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    with pytest.raises(ArticleMovedOn):
        prepared(written, tag, desk, seen=written.revision - 1)

    assert sent(box) == []


def test_nobody_nowhere_and_no_agreement(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    empty = box.control.add_tag("无人")

    with pytest.raises(NoSuchTag):
        prepared(written, 99_999, desk)
    with pytest.raises(NobodyThere):
        prepared(written, empty, desk)
    with pytest.raises(AgreementMissing):
        prepared(written, tag, desk, agreed="ja")
    with pytest.raises(NoSuchSend):
        sending.confirm(99_999, desk, ME, NOW)

    assert queries.sends() == []


def test_what_was_prepared_can_be_taken_back(written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    made = prepared(written, tag, desk)

    sending.drop(made, ME, NOW)

    with pytest.raises(NotNow):
        sending.confirm(made, desk, ME, NOW)
    assert sent(box) == []


@pytest.mark.postgresql
def test_two_fourths_of_a_month_are_not_both_sent(app: Flask, written: ArticleView, tag: int, desk: Desk, box: Sandbox) -> None:
    waiting = [prepared(written, tag, desk) for _ in range(5)]
    for one in waiting[:3]:
        sending.confirm(one, desk, ME, NOW)
    went: list[str] = []

    def press(one: int) -> None:
        with app.app_context():
            try:
                sending.confirm(one, desk, ME, NOW)
                went.append("yes")
            except MonthUsedUp:
                went.append("no")

    both = [Thread(target=press, args=(one,)) for one in waiting[3:]]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert sorted(went) == ["no", "yes"]
    assert len(sent(box)) == 4
