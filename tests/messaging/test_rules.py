"""Which channel, when, and whether it is still true: truth tables, without any database."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.messaging import rules, windows
from shop.messaging.rules import Choice, Follower, Quiet, Reach, Times, Zones
from shop.messaging.states import MOVES, TERMINAL, Channel, MessageState, Moment, Reason
from shop.messaging.windows import Contact, Happened, Window
from shop.orders.states import OrderState

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
CS, TEMPLATE, MAIL = Channel.CUSTOMER_SERVICE, Channel.TEMPLATE, Channel.MAIL
F, W, R = Follower, Window, Reason

# follower, window, template set, mail known -> what a message of an order does, and what one of goods that are back does
TABLE = [
    (F.YES, W.OPEN, True, True, CS, CS),
    (F.YES, W.OPEN, True, False, CS, CS),
    (F.YES, W.OPEN, False, True, CS, CS),
    (F.YES, W.OPEN, False, False, CS, CS),
    (F.YES, W.CLOSED, True, True, TEMPLATE, MAIL),
    (F.YES, W.CLOSED, True, False, TEMPLATE, R.WINDOW_CLOSED),
    (F.YES, W.CLOSED, False, True, MAIL, MAIL),
    (F.YES, W.CLOSED, False, False, R.NO_TEMPLATE, R.WINDOW_CLOSED),
    (F.YES, W.USED_UP, True, False, TEMPLATE, R.COUNT_USED_UP),
    (F.YES, W.USED_UP, False, False, R.NO_TEMPLATE, R.COUNT_USED_UP),
    (F.YES, W.USED_UP, False, True, MAIL, MAIL),
    (F.UNKNOWN, W.OPEN, True, False, CS, CS),
    (F.UNKNOWN, W.CLOSED, True, False, TEMPLATE, R.WINDOW_CLOSED),
    (F.UNKNOWN, W.CLOSED, False, True, MAIL, MAIL),
    (F.NO, W.OPEN, True, True, MAIL, MAIL),
    (F.NO, W.OPEN, True, False, R.NOT_FOLLOWING, R.NOT_FOLLOWING),
    (F.NO, W.CLOSED, True, True, MAIL, MAIL),
    (F.NO, W.CLOSED, False, False, R.NOT_FOLLOWING, R.NOT_FOLLOWING),
    (F.BLOCKS, W.OPEN, True, False, CS, CS),
    (F.BLOCKS, W.CLOSED, True, False, R.BLOCKED, R.WINDOW_CLOSED),
    (F.BLOCKS, W.CLOSED, True, True, MAIL, MAIL),
]


@pytest.mark.parametrize("moment", list(Moment))
@pytest.mark.parametrize(("follower", "window", "template", "mail", "usual", "back"), TABLE)
def test_the_table_of_channels(
    moment: Moment, follower: Follower, window: Window, template: bool, mail: bool, usual: object, back: object
) -> None:
    expected = back if moment is Moment.BACK_IN_STOCK else usual

    choice = rules.choose(moment, Reach(follower, window, template, mail))

    assert choice == (Choice(expected) if isinstance(expected, Channel) else Choice(None, Reason(str(expected))))


@pytest.mark.parametrize("moment", list(Moment))
def test_what_a_peer_refused_is_not_tried_again_and_the_next_channel_is(moment: Moment) -> None:
    reach = Reach(F.YES, W.OPEN, True, True)

    first = rules.choose(moment, reach, {CS: R.WINDOW_CLOSED})
    last = rules.choose(moment, reach, {CS: R.WINDOW_CLOSED, TEMPLATE: R.UNKNOWN_TEMPLATE, MAIL: R.MAIL_REFUSED})

    assert first == Choice(MAIL if moment is Moment.BACK_IN_STOCK else TEMPLATE)
    assert last.channel is None
    assert last.reason is (R.MAIL_REFUSED if moment is Moment.BACK_IN_STOCK else R.UNKNOWN_TEMPLATE)


@given(st.sampled_from(Moment), st.sampled_from(Follower), st.sampled_from(Window), st.booleans(), st.booleans())
def test_a_choice_is_a_usable_channel_or_a_reason_and_never_both(
    moment: Moment, follower: Follower, window: Window, template: bool, mail: bool
) -> None:
    reach = Reach(follower, window, template, mail)

    choice = rules.choose(moment, reach)

    assert (choice.channel is None) != (choice.reason is None)
    if choice.channel is not None:
        assert rules.why_not(choice.channel, reach) is None
    if moment is Moment.BACK_IN_STOCK:
        assert choice.channel is not TEMPLATE, "a template message must not advertise"


@pytest.mark.parametrize(
    ("contact", "minutes", "sent", "expected"),
    [
        (Contact.MESSAGE, 1, 0, W.OPEN), (Contact.MESSAGE, 47 * 60, 4, W.OPEN), (Contact.MESSAGE, 47 * 60, 5, W.USED_UP),
        (Contact.MESSAGE, 48 * 60, 0, W.CLOSED), (Contact.MENU, 0, 2, W.OPEN), (Contact.MENU, 0, 3, W.USED_UP),
        (Contact.MENU, 1, 0, W.CLOSED), (Contact.FOLLOW, 0, 0, W.OPEN), (Contact.FOLLOW, 2, 0, W.CLOSED), (Contact.SCAN, 0, 3, W.USED_UP),
        (Contact.PAYMENT, 47 * 60, 99, W.OPEN), (Contact.PAYMENT, 48 * 60, 0, W.CLOSED),
    ],
)  # fmt: skip
def test_windows_and_their_counts(contact: Contact, minutes: int, sent: int, expected: Window) -> None:
    assert windows.window([Happened(contact, NOW - timedelta(minutes=minutes), sent)], NOW) is expected


def test_one_contact_that_lets_us_write_is_enough_and_the_rule_of_the_day_is_asked() -> None:
    used_up = Happened(Contact.MESSAGE, NOW - timedelta(hours=1), 5)
    in_2022 = datetime(2022, 5, 1, tzinfo=UTC)

    assert windows.window([used_up, Happened(Contact.PAYMENT, NOW - timedelta(hours=3), 5)], NOW) is W.OPEN
    assert windows.window([], NOW) is W.CLOSED
    assert windows.window([Happened(Contact.MESSAGE, in_2022 - timedelta(hours=1), 5)], in_2022) is W.OPEN, "twenty then"
    assert all(rule.source and rule.since <= date(2026, 11, 21) for rule in windows.RULES)


# --- when -------------------------------------------------------------------------------------------------------------

NIGHT = Quiet(time(22), time(7))
TRIP = Zones("Asia/Shanghai", "Europe/Berlin", "Asia/Shanghai", NOW + timedelta(days=2))


@pytest.mark.parametrize(
    ("moment", "now", "expected"),
    [
        (Moment.READY, "2026-11-24T20:59", "2026-11-24T20:59"),  # 21:59 in Frankfurt
        (Moment.READY, "2026-11-24T21:00", "2026-11-25T06:00"),  # 22:00 there: not before seven
        (Moment.READY, "2026-11-25T05:59", "2026-11-25T06:00"),
        (Moment.READY, "2026-11-25T06:00", "2026-11-25T06:00"),
        (Moment.READY, "2026-11-26T03:00", "2026-11-26T03:00"),  # five hours before the flight it is news
        (Moment.REFUND, "2026-11-26T03:00", "2026-11-26T06:00"),  # money can wait
        (Moment.PAID, "2026-11-25T01:00", "2026-11-25T01:00"),  # they are awake: they have just paid
        (Moment.CLOSING, "2026-11-25T01:00", "2026-11-25T01:00"),
        (Moment.NO_SHOW, "2026-11-26T14:30", "2026-11-26T23:00"),  # 22:30 in Beijing by then
        (Moment.REFUND, "2026-11-01T15:00", "2026-11-01T23:00"),  # long before the flight: at home, 23:00 in Shanghai
    ],
)
def test_nobody_is_woken_unless_it_is_urgent(moment: Moment, now: str, expected: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)

    assert rules.not_before(moment, NIGHT, TRIP, at) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(st.sampled_from(Moment), st.integers(0, 90 * 24 * 60))
def test_waiting_ends_in_the_morning_and_never_lasts_longer_than_the_night(moment: Moment, minutes: int) -> None:
    now = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    at = rules.not_before(moment, NIGHT, TRIP, now)

    assert now <= at <= now + timedelta(hours=10)  # nine, and the hour that is gained in autumn
    assert rules.not_before(moment, NIGHT, TRIP, at) == at
    assert rules.not_before(moment, Quiet(time(7), time(7)), TRIP, now) == now


def test_quiet_hours_of_an_afternoon() -> None:
    nap = Quiet(time(13), time(15))

    at = rules.not_before(Moment.REFUND, nap, TRIP, datetime(2026, 11, 24, 12, 30, tzinfo=UTC))

    assert at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def test_who_has_paid_after_the_reminder_s_time_is_not_reminded() -> None:
    departs = NOW + timedelta(hours=30)
    early, late = Times(departs, departs, NOW), Times(departs, departs, departs - timedelta(hours=2))

    assert rules.reminder_at(early, timedelta(hours=6)) == departs - timedelta(hours=6)
    assert rules.reminder_at(late, timedelta(hours=6)) is None
    assert rules.closing_at(early, timedelta(hours=1)) == departs - timedelta(hours=1)
    assert rules.closing_at(Times(departs, departs, None), timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("moment", "state", "hours", "expected"),
    [
        (Moment.READY, OrderState.READY, 1, True), (Moment.READY, OrderState.COLLECTED, 1, False),
        (Moment.READY, OrderState.PACKING, 1, False), (Moment.READY, OrderState.READY, -1, False),
        (Moment.REMINDER, OrderState.PAID, 1, True), (Moment.REMINDER, OrderState.COLLECTED, 1, False),
        (Moment.CLOSING, OrderState.CANCELLED, 1, False), (Moment.PAID, OrderState.CANCELLED, 1, False),
        (Moment.REFUND, OrderState.CANCELLED, -1, True), (Moment.NO_SHOW, OrderState.NO_SHOW, -1, True),
        (Moment.NO_SHOW, OrderState.READY, -1, False), (Moment.SHORTAGE, OrderState.CANCELLED, 1, True),
    ],
)  # fmt: skip
def test_what_is_not_true_any_more_is_not_said(moment: Moment, state: OrderState, hours: int, expected: bool) -> None:
    assert rules.still_true(moment, state, NOW + timedelta(hours=hours), NOW, NOW) is expected
    assert not rules.still_true(moment, state, NOW + timedelta(hours=hours), NOW - timedelta(days=4), NOW), "old news"


# --- states -----------------------------------------------------------------------------------------------------------


def test_every_state_has_its_moves_and_can_be_reached() -> None:
    assert set(MOVES) == set(MessageState)
    assert {state for state, moves in MOVES.items() if not moves} == TERMINAL
    assert set().union(*MOVES.values()) == set(MessageState)


def test_every_moment_has_a_route_an_urgency_and_the_states_in_which_it_is_true() -> None:
    assert set(rules.ROUTES) == set(rules.URGENT) == set(rules.HOLDS) == set(Moment)
