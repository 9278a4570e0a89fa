"""Marks, touches, limits and hints: decided from values alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.campaigns import dated, rules
from shop.campaigns.rules import KEPT, Came, Touches, WrongCampaign
from shop.campaigns.states import MOVES, SEND_MOVES, ArticleState, NotNow, SendState, move_of

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
MARKS = st.from_regex(r"[a-z0-9](?:-?[a-z0-9]){1,15}", fullmatch=True)
MOMENTS = st.integers(min_value=0, max_value=28 * 86400).map(lambda seconds: NOW - timedelta(seconds=seconds))


def came(mark: str, **ago: float) -> Came:
    return Came(mark, NOW - timedelta(**ago))


@pytest.mark.parametrize("text", ["a1", "autumn-2026", "a" * 32, "7k2pq9"])
def test_a_mark_is_small_letters_digits_and_single_dashes(text: str) -> None:
    assert rules.check_mark(text) == text


@pytest.mark.parametrize("text", ["", "a", "A1", "a--b", "-ab", "ab-", "a" * 33, "ä1", "a b", "a1\n", "x/../y", "a'--"])
def test_anything_else_is_no_mark(text: str) -> None:
    with pytest.raises(WrongCampaign):
        rules.check_mark(text)


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/manage/", "/products/", "/products/a/b", "/\\evil", "/#x", "orders"]
)
def test_a_campaign_leads_to_pages_of_the_shop_alone(path: str) -> None:
    with pytest.raises(WrongCampaign):
        rules.check_target(path)


@given(first=MARKS, last=MARKS, times=st.tuples(MOMENTS, MOMENTS).map(sorted))
def test_what_a_browser_keeps_is_read_back_as_it_was(first: str, last: str, times: list[datetime]) -> None:
    kept = Touches(Came(first, times[0]), Came(last, times[1]))

    assert rules.read_touches(kept.written()) == kept


@given(text=st.text(max_size=120))
def test_rubbish_in_the_cookie_is_nothing(text: str) -> None:
    found = rules.read_touches(text)

    assert found is None or found.written() == text


def test_the_first_touch_stays_and_the_last_one_moves_on() -> None:
    kept = Touches(came("a1", days=3), came("a1", days=3)).then(came("b2", days=1)).then(came("c3", hours=1))

    assert (kept.first.mark, kept.last.mark) == ("a1", "c3")


def test_touches_end_with_their_time() -> None:
    old = Touches(came("a1", days=KEPT.days + 1), came("b2", days=1))
    gone = Touches(came("a1", days=40), came("b2", days=KEPT.days + 1))
    future = Touches(came("a1", days=1), came("b2", days=-1))

    assert old.within(KEPT, NOW) == Touches(old.last, old.last)
    assert gone.within(KEPT, NOW) is None
    assert future.within(KEPT, NOW) is None


def test_a_phone_and_a_poster_are_one_story() -> None:
    browser, poster = Touches(came("a1", days=2), came("b2", hours=2)), Touches(came("p0", days=5), came("p0", days=5))

    both = browser.with_others(poster)

    assert (both.first.mark, both.last.mark) == ("p0", "b2")


def test_reloading_a_page_is_no_second_visit() -> None:
    known = Touches(came("a1", minutes=5), came("a1", minutes=5))

    assert not rules.is_new_visit(known, "a1", NOW)
    assert rules.is_new_visit(known, "b2", NOW)
    assert rules.is_new_visit(known, "a1", NOW + timedelta(minutes=30))


def test_months_are_those_of_beijing() -> None:
    assert rules.month_of(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)) == datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    assert rules.month_of(datetime(2026, 11, 30, 15, 59, tzinfo=UTC)) == datetime(2026, 10, 31, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "rule", "never"),
    [
        ("全网第一的香水", "superlative", False), ("Der beste Whisky", "superlative", False), ("可以治疗失眠", "medical", False),
        ("heals your skin", "medical", False), ("今晚不醉不归", "alcohol", False), ("香烟也有", "tobacco", True),
        ("Zigaretten im Angebot", "tobacco", True), ("原价 €99", "price", False),
    ],
)  # fmt: skip
def test_words_that_advertising_law_is_about_are_pointed_out(text: str, rule: str, never: bool) -> None:
    found = rules.hints(f"欢迎\n{text}", dated.frowned(date(2026, 11, 29)))

    assert [(hint.rule, hint.line, hint.never) for hint in found] == [(rule, 2, never)] * len(found)
    assert found
    assert all(hint.source for hint in found)


def test_a_word_inside_another_is_not_meant() -> None:
    assert rules.hints("Sicigarra retreats", dated.frowned(date(2026, 11, 29))) == []


def test_every_rule_is_dated_and_says_where_it_stands() -> None:
    assert dated.frowned(date(2000, 1, 1)) == []
    assert all(one.source for one in dated.frowned(date(2026, 1, 1)))
    assert dated.limits(date(2026, 1, 1)).source


@pytest.mark.parametrize("moves", [MOVES, SEND_MOVES])
def test_every_state_has_its_moves_and_can_be_reached(moves: dict[object, frozenset[object]]) -> None:
    states = ArticleState if moves is MOVES else SendState
    reached = set().union(*moves.values())

    assert set(moves) == set(states)
    assert set(states) - reached <= {SendState.PREPARED}


@given(now=st.sampled_from(ArticleState), wanted=st.sampled_from(ArticleState))
def test_nothing_moves_but_by_the_table(now: ArticleState, wanted: ArticleState) -> None:
    if wanted in MOVES[now]:
        assert move_of(now, wanted) is wanted
    else:
        with pytest.raises(NotNow):
            move_of(now, wanted)
