"""A manager changes settings: looks at what would happen, changes, sees it in the history, and takes it back."""

import re
from datetime import date, timedelta

import builders
import pytest
from builders import OTHER_POINT, POINT
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock, versions
from shop.base.versions import day_of as today
from shop.flights import queries as flights
from shop.orders import rules
from shop.orders.queries import order_by_number
from shop.pickup.packing_shelf_queries import shelf_of
from shop.policies import commands, queries

HOURS, PLACE, CUT_OFF = (f"/manage/settings/{kind}/{POINT}" for kind in ("point_hours", "point_place", "point_cut_off"))
WEEK = {f"day_{day}": "06:00-21:30" for day in range(1, 8)}


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def mark_in(page: str) -> str:
    found = re.search(r'name="mark" value="([^"]+)"', page)
    assert found
    return found[1]


def do(office: FlaskClient, address: str, typed: dict[str, str]) -> str:
    """Edit, check, confirm, as a browser does; the page after it."""
    mark = mark_in(office.get(address).text)
    seen = office.post(address, data={**typed, "mark": mark, "step": "check"})
    assert seen.status_code == 200, text_of(seen.text)
    done = office.post(address, data={**typed, "mark": mark_in(seen.text), "step": "confirm"}, follow_redirects=True)
    assert done.status_code == 200, text_of(done.text)
    return done.text


def undo(office: FlaskClient, key: str = POINT) -> tuple[int, str]:
    (last, *_) = versions.history(key=key)
    answer = office.post(f"/manage/settings/changes/{last.id}/undo", follow_redirects=True)
    return answer.status_code, text_of(answer.text)


PAGES = [
    "", "history", "points/", "points/new", f"points/{POINT}", "prices/all", "allowance/CN", "message/paid.zh",
    "message/back_in_stock.de", "template/ready", "messaging/all",
    *(f"point_{kind}/{POINT}" for kind in ("place", "hours", "cut_off", "hand_over", "shelf", "no_show", "active")),
]  # fmt: skip
NO_PAGES = ["nothing/all", "point_hours/T9-NO", "message/paid.fr", "allowance/US", "prices/x", "points/T9-NO", "changes/77/undo",
            "points/%00", "point_hours/%00", "message/paid.zh%00", "x" * 300 + "/y"]  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_every_page_of_settings_is_there_in_every_language(office: FlaskClient, app: Flask, language: str) -> None:
    for address in PAGES:
        assert office.get(f"/manage/settings/{address}", query_string={"lang": language}).status_code == 200, address


def test_what_is_no_setting_has_no_page(office: FlaskClient, app: Flask) -> None:
    assert office.get("/manage/settings/history?kind=x&key=%00%27").status_code == 200
    for address in NO_PAGES:
        assert office.get(f"/manage/settings/{address}").status_code in (404, 422), address


def test_opening_hours_are_looked_at_changed_obeyed_and_put_back(office: FlaskClient, app: Flask) -> None:
    now = clock.now()
    order = builders.a_paid_order(now=now, date=(now + timedelta(days=3)).date())
    typed = {**WEEK, **{f"day_{day}": "13:00-21:30" for day in range(1, 8)}}
    mark = mark_in(office.get(HOURS).text)

    seen = office.post(HOURS, data={**typed, "mark": mark, "step": "check"})

    assert seen.status_code == 200
    assert 'data-moved="1"' in seen.text
    assert order.number in seen.text
    assert text_of(seen.text).count("13:00–21:30") == 7
    assert order_by_number(order.number).collect_from == order.collect_from, "looking changes nothing"

    done = office.post(HOURS, data={**typed, "mark": mark_in(seen.text), "step": "confirm"}, follow_redirects=True)

    assert "Changed." in done.text
    moved = order_by_number(order.number)
    assert (moved.collect_from > order.collect_from, moved.collect_until) == (True, order.collect_until)
    assert flights.point_by_code(POINT).hours["1"] == ["13:00", "21:30"]
    assert "staff" in text_of(done.text)

    status, page = undo(office)

    assert status == 200
    assert "Put back." in page
    assert order_by_number(order.number).collect_from == order.collect_from
    assert flights.point_by_code(POINT).hours["1"] == ["06:00", "21:30"]


def test_an_order_whose_counter_would_be_closed_keeps_its_promise_and_is_named(office: FlaskClient, app: Flask) -> None:
    now = clock.now()
    day = (now + timedelta(days=3)).date()
    order = builders.a_paid_order(now=now, date=day)
    typed = {**WEEK, "exceptions": "\n".join(f"{day - timedelta(days=n)} closed" for n in (0, 1))}
    mark = mark_in(office.get(HOURS).text)

    seen = office.post(HOURS, data={**typed, "mark": mark, "step": "check"})
    office.post(HOURS, data={**typed, "mark": mark_in(seen.text), "step": "confirm"})

    assert 'data-stranded="1"' in seen.text
    kept = order_by_number(order.number)
    assert (kept.collect_from, kept.collect_until) == (order.collect_from, order.collect_until)


def test_hours_of_a_later_day_wait_for_it_and_can_be_taken_out(office: FlaskClient, app: Flask) -> None:
    later = today(clock.now()) + timedelta(days=20)
    do(office, HOURS, {**WEEK, "day_1": "", "from": later.isoformat()})

    rules = flights.point_by_code(POINT).rules
    mondays = [later + timedelta(days=n) for n in range(-7, 7) if (later + timedelta(days=n)).isoweekday() == 1]
    assert [bool(rules.open_on(day)) for day in mondays] == [day < later for day in mondays]

    do(office, HOURS, {**WEEK, f"drop-{later}": "yes", "day_2": "07:00-12:00, 13:00-20:00"})

    assert flights.point_by_code(POINT).plan.later == ()
    assert flights.point_by_code(POINT).hours["2"] == ["07:00", "12:00", "13:00", "20:00"]


WRONG_HOURS: list[tuple[dict[str, str], str]] = [
    ({"day_1": "6 to 9"}, "Please give hours like"),
    ({"day_1": "25:00-26:00"}, "Please give hours like"),
    ({"day_1": "12:00-06:00"}, "close before they open"),
    ({"day_1": "06:00-12:00, 11:00-20:00"}, "overlap"),
    ({"day_1": ", ".join(f"{h:02}:00-{h:02}:30" for h in range(5, 10))}, "At most four"),
    ({"exceptions": "2026-13-01 closed"}, "Line 1: please give a day"),
    ({"exceptions": "2099-12-24 06:00-14:00\n2099-12-24 closed"}, "Line 2: this day is there twice"),
    ({"exceptions": "2099-12-24"}, "Line 1: please give a day"),
    ({"from": "2020-01-01"}, "the past stays as it was"),
    ({"from": "soon"}, "Please give a date"),
    ({"day_1": "\x00"}, "This cannot be right"),
    ({"exceptions": "\x00"}, "This cannot be right"),
    ({"exceptions": "x" * 9000}, "That is too long"),
]


def test_hours_that_cannot_be_are_refused_beside_their_field_and_stay_typed(office: FlaskClient, app: Flask) -> None:
    before = builders.everything()

    for typed, words in WRONG_HOURS:
        answer = office.post(HOURS, data={**WEEK, **typed, "step": "check"})

        assert answer.status_code == 422, typed
        assert words in text_of(answer.text), typed
        (field, value), *_ = typed.items()
        assert f'id="{field}-error"' in answer.text, typed
        assert value[:20].split("\x00")[0] in answer.text
    assert builders.everything() == before


def test_a_week_that_is_never_open_is_refused(office: FlaskClient, app: Flask) -> None:
    answer = office.post(HOURS, data={"step": "check"})

    assert answer.status_code == 400
    assert "never be open" in answer.text


def test_two_managers_at_one_setting_do_not_undo_each_other_unseen(office: FlaskClient, app: Flask) -> None:
    mark = mark_in(office.get(PLACE).text)
    typed = {"terminal": "T1", "zone": "B", **{f"{n}_{lang}": f"{n} {lang}" for n in ("name", "directions") for lang in ("zh", "en", "de")}}
    commands.change(
        "point_place", POINT, {**queries.present("point_place", POINT, date(2026, 1, 1)).value, "zone": "X"}, seen=None, by="staff:9",
        now=clock.now(),
    )  # fmt: skip

    late = office.post(PLACE, data={**typed, "mark": mark, "step": "confirm"})

    assert late.status_code == 409
    assert "Somebody has changed this meanwhile" in late.text
    assert 'value="B"' in late.text, "what was typed stays"
    assert flights.point_by_code(POINT).zone == "X"


def test_an_older_change_cannot_be_taken_back_over_a_newer_one(office: FlaskClient, app: Flask) -> None:
    do(office, CUT_OFF, {"lead": "200", "opens_before": "240"})
    (first,) = versions.history("point_cut_off", POINT)
    do(office, CUT_OFF, {"lead": "220", "opens_before": "240"})

    answer = office.post(f"/manage/settings/changes/{first.id}/undo")

    assert answer.status_code == 409
    assert "only the last change" in answer.text
    assert flights.point_by_code(POINT).order_lead == timedelta(minutes=220)


def test_what_somebody_wrote_past_the_book_is_not_overwritten_by_undo(office: FlaskClient, app: Flask) -> None:
    do(office, CUT_OFF, {"lead": "200", "opens_before": "240"})
    builders.set_point(POINT, order_lead_minutes=90)

    status, page = undo(office)

    assert status == 409
    assert "Somebody has changed this meanwhile" in page
    assert flights.point_by_code(POINT).order_lead == timedelta(minutes=90)


def test_a_cut_off_shows_the_next_flights_and_holds_by_weekday(office: FlaskClient, app: Flask) -> None:
    mark = mark_in(office.get(CUT_OFF).text)
    typed = {"lead": "180", "opens_before": "240", "lead_6": "600"}

    seen = office.post(CUT_OFF, data={**typed, "mark": mark, "step": "check"})
    do(office, CUT_OFF, typed)

    assert "Last orders for the next flights" in seen.text
    assert "CA932" in seen.text
    rules = flights.point_by_code(POINT).rules
    flown = [flight for flight in flights.flights_from("FRA", "T1", clock.now(), 7) if flight.number == "CA932"]
    leads = {flight.date.isoweekday(): rules.lead(flight.departs_at) for flight in flown}
    assert (leads[6], leads[1]) == (timedelta(minutes=600), timedelta(minutes=180))


def test_a_no_show_rule_says_which_parcels_it_would_put_back(office: FlaskClient, app: Flask) -> None:
    order = builders.a_paid_order()
    builders.set_order(order.number, departs_at=clock.now() - timedelta(hours=5), collect_until=clock.now() - timedelta(hours=5))

    seen = office.post(f"/manage/settings/point_no_show/{POINT}", data={"hours": "4", "step": "check"})
    patient = office.post(f"/manage/settings/point_no_show/{POINT}", data={"hours": "6", "step": "check"})

    assert 'data-due="1"' in seen.text
    assert order.number in seen.text
    assert 'data-due="0"' in patient.text


def test_a_closed_counter_is_offered_to_nobody_and_says_what_still_goes_there(office: FlaskClient, app: Flask) -> None:
    now = clock.now()
    order = builders.a_paid_order(now=now, date=(now + timedelta(days=3)).date())

    seen = office.post(f"/manage/settings/point_active/{POINT}", data={"step": "check"})
    do(office, f"/manage/settings/point_active/{POINT}", {})

    assert 'data-to-come="1"' in seen.text
    assert [point.code for point in flights.points()] == [OTHER_POINT]
    page = office.get(f"/manage/settings/points/{POINT}")
    assert "This counter takes no orders." in page.text
    assert order.number in page.text
    assert undo(office)[0] == 200
    assert len(flights.points()) == 2


def test_a_new_counter_is_made_given_hours_and_opened(office: FlaskClient, app: Flask) -> None:
    words = {f"{n}_{lang}": f"{n} {lang}" for n in ("name", "directions") for lang in ("zh", "en", "de")}
    typed = {"code": "t2-d11", "airport": "FRA", "terminal": "T2", "zone": "D", **words}

    made = office.post("/manage/settings/points/new", data=typed, follow_redirects=True)
    opened_too_early = office.post("/manage/settings/point_active/T2-D11", data={"active": "yes", "step": "check"})
    do(office, "/manage/settings/point_hours/T2-D11", WEEK)
    do(office, "/manage/settings/point_active/T2-D11", {"active": "yes"})

    assert "The counter is made." in made.text
    assert opened_too_early.status_code == 400
    assert "never be open" in opened_too_early.text
    assert "T2-D11" in [point.code for point in flights.points()]
    order = builders.a_paid_order(pickup_point="T2-D11")
    assert order.point.name["de"] == "name de"


WRONG_POINTS: list[tuple[dict[str, str], str]] = [
    ({"code": POINT}, "code"), ({"code": "no spaces"}, "code"), ({"airport": "XXX"}, "airport"), ({"name_zh": ""}, "name_zh"),
    ({"terminal": "T1234"}, "terminal"), ({"directions_de": "x" * 1001}, "directions_de"),
]  # fmt: skip


def test_a_counter_that_cannot_be_is_not_made(office: FlaskClient, app: Flask) -> None:
    words = {f"{n}_{lang}": f"{n} {lang}" for n in ("name", "directions") for lang in ("zh", "en", "de")}
    right = {"code": "T2-D11", "airport": "FRA", "terminal": "T2", "zone": "D", **words}
    before = builders.everything()

    for typed, field in WRONG_POINTS:
        answer = office.post("/manage/settings/points/new", data={**right, **typed})

        assert answer.status_code in (400, 409, 422), typed
        assert f'id="{field}-error"' in answer.text, typed
    assert builders.everything() == before


def test_a_message_is_shown_as_the_traveller_will_see_it(office: FlaskClient, app: Flask) -> None:
    address = "/manage/settings/message/ready.en"
    typed = {"thing": "Ready at {counter}!", "body": "Come to {counter}.\nOrder {number}."}

    seen = office.post(address, data={**typed, "step": "check"})
    do(office, address, typed)

    assert "Ready at T1-B42!" in seen.text
    assert queries.message("ready", "en", today(clock.now()))["thing"] == "Ready at {counter}!"
    assert queries.message("ready", "de", today(clock.now()))["thing"] == "Bereit: {counter}"


WRONG_TEXTS: list[tuple[dict[str, str], str]] = [
    ({"thing": "{counter} {secret}"}, "{secret} is not known here"),
    ({"thing": "{counter"}, "brace without its other half"),
    ({"thing": "two\nlines"}, "one line only"),
    ({"thing": "x" * 21}, "20 characters"),
    ({"thing": "{collect_from} {collect_from}"}, "20 characters"),
    ({"thing": ""}, "Please fill in this field"),
    ({"body": "x" * 601}, "That is too long"),
    ({"from": "2020-01-01"}, "the past stays as it was"),
]


def test_a_text_that_wechat_would_refuse_is_refused_here(office: FlaskClient, app: Flask) -> None:
    for typed, words in WRONG_TEXTS:
        answer = office.post("/manage/settings/message/ready.en", data={"thing": "Ready", "body": "Come.", "step": "check", **typed})

        assert answer.status_code == 400, typed
        assert words in text_of(answer.text), typed


def test_a_template_is_chosen_with_its_fields_and_put_back(office: FlaskClient, app: Flask) -> None:
    address, day = "/manage/settings/template/ready", today(clock.now())
    typed = {"template_id": "T" * 43, "fields": "thing1: {counter}\ncharacter_string2： {code}\ntime3: {collect_until}"}

    do(office, address, typed)

    assert queries.every("template", day)["ready"] == {
        "template_id": "T" * 43, "fields": [["thing1", "{counter}"], ["character_string2", "{code}"], ["time3", "{collect_until}"]]}
    assert "chosen" in office.get("/manage/settings/").text
    do(office, address, {"template_id": "", "fields": ""})
    assert undo(office, "ready")[0] == 200
    assert queries.every("template", day)["ready"]["template_id"] == "T" * 43


WRONG_TEMPLATES: list[tuple[dict[str, str], str]] = [
    ({"template_id": "short"}, "20 to 64 letters"),
    ({"template_id": ""}, "Please fill in this field"),
    ({"fields": ""}, "Please fill in this field"),
    ({"fields": "thing1 {counter}"}, "Line 1"),
    ({"fields": "thing1: {counter}\n: x"}, "Line 2"),
    ({"fields": "first: {counter}"}, "no fields like “first”"),
    ({"fields": "thing1: {counter}\nthing1: {code}"}, "“thing1” is there twice"),
    ({"fields": "thing1: {secret}"}, "{secret} is not known here"),
    ({"fields": "thing1: {counter"}, "brace without its other half"),
    ({"fields": "number1: {counter}"}, "“number1” cannot hold this"),
    ({"fields": "\n".join(f"thing{n}: x" for n in range(1, 11))}, "At most 8 fields"),
    ({"from": "2020-01-01"}, "the past stays as it was"),
]


def test_a_template_that_wechat_would_refuse_is_refused_here(office: FlaskClient, app: Flask) -> None:
    for typed, words in WRONG_TEMPLATES:
        given = {"template_id": "T" * 43, "fields": "thing1: {counter}", "step": "check", **typed}
        answer = office.post("/manage/settings/template/ready", data=given)

        assert answer.status_code in (400, 422), typed
        assert words in text_of(answer.text), typed


def test_the_templates_of_an_account_that_cannot_be_reached_are_said_to_be_out_of_reach(office: FlaskClient, app: Flask) -> None:
    assert "WeChat does not answer at the moment" in text_of(office.get("/manage/settings/template/ready?library=1").text)


def test_how_the_shop_writes_is_checked(office: FlaskClient, app: Flask) -> None:
    address = "/manage/settings/messaging/all"
    right = {"quiet_from": "23:00", "quiet_until": "06:30", "remind_minutes": "240", "closing_minutes": "45", "overseas": "yes"}
    do(office, address, right)

    assert queries.messaging(today(clock.now())) == {
        "overseas": True, "quiet_from": "23:00", "quiet_until": "06:30", "remind_minutes": 240, "closing_minutes": 45}
    wrong = (
        ({"quiet_from": "25:00"}, "time like 22:00"), ({"remind_minutes": "5"}, "30 to 2880"), ({"remind_minutes": ""}, "fill in"),
        ({"closing_minutes": "9999"}, "10 to 720"),
    )  # fmt: skip
    for typed, words in wrong:
        answer = office.post(address, data={**right, **typed, "step": "check"})
        assert answer.status_code in (400, 422)
        assert words in text_of(answer.text), typed
    needs_code = office.post("/manage/settings/template/ready", data={"template_id": "T" * 43, "fields": "thing1: x", "step": "check"})
    assert "has to say {code}" in text_of(needs_code.text)


def test_a_text_of_a_later_day_holds_from_then_on(office: FlaskClient, app: Flask) -> None:
    now = today(clock.now())
    do(office, "/manage/settings/message/paid.en", {"thing": "Thank you", "body": "Thanks.", "from": (now + timedelta(days=5)).isoformat()})

    assert queries.message("paid", "en", now + timedelta(days=4))["thing"] == "Paid, being packed"
    assert queries.message("paid", "en", now + timedelta(days=5))["thing"] == "Thank you"
    assert "something else holds" in office.get("/manage/settings/message/paid.en").text
    assert undo(office, "paid.en")[0] == 200
    assert queries.message("paid", "en", now + timedelta(days=5))["thing"] == "Paid, being packed"


def test_an_allowance_has_a_source_and_what_the_sheet_said_until_it_is_changed(office: FlaskClient, app: Flask) -> None:
    now = today(clock.now())
    china = queries.allowance("CN", now)
    assert china is not None
    assert (china["value_minor"], china["alcohol_ml"], china["alcohol_permille"], china["age"]) == (5000_00, 1500, 120, 16)
    typed = {"value": "6000", "item": "6000", "alcohol_ml": "1500", "alcohol_percent": "12", "age": "18", "source": "Notice 1/2027",
             "read_on": "2026-11-29", "outside": "alcohol"}  # fmt: skip

    do(office, "/manage/settings/allowance/CN", typed)
    refused = office.post("/manage/settings/allowance/CN", data={**typed, "source": "", "alcohol_percent": "", "step": "check"})

    assert queries.every("allowance", now)["CN"]["value_minor"] == 6000_00
    assert queries.every("allowance", now)["HK"]["alcohol_ml"] == 1000
    assert refused.status_code == 400
    assert all(f'id="{field}-error"' in refused.text for field in ("source", "alcohol_ml"))


def test_a_staff_member_who_is_signed_out_changes_nothing(client: FlaskClient, app: Flask) -> None:
    assert client.get(HOURS).status_code == 302
    assert client.post(HOURS, data=WEEK).status_code == 302
    assert versions.history() == []


def test_the_pages_of_settings_cost_few_statements(office: FlaskClient, app: Flask, statements: list[str]) -> None:
    for address, most in (("", 8), ("history", 2), ("points/", 2), (f"point_hours/{POINT}", 7), ("message/paid.zh", 7)):
        statements.clear()
        office.get(f"/manage/settings/{address}")

        assert len(statements) <= most, (address, statements)


PRICES = {"vat_standard": "19", "vat_reduced": "7"}


def test_prices_are_shown_as_a_manager_decided_at_once(office: FlaskClient, app: Flask) -> None:
    sku = builders.a_product(price=100_00)
    plain = text_of(office.get(f"/products/{sku}").text)

    shown = {"show_cny": "yes", "cny_rate": "8,00", "cny_day": "2026-11-12", "show_vat_note": "yes"}
    do(office, "/manage/settings/prices/all", {**PRICES, **shown})

    page = text_of(office.get(f"/products/{sku}").text)
    assert "≈ ¥743 at the ECB rate of 30 Oct 2026" in plain
    assert "≈ ¥800 at our rate of 12 Nov 2026" in page
    assert "without German VAT (19 %, food 7 %)" in page

    do(office, "/manage/settings/prices/all", PRICES)

    assert "≈" not in office.get(f"/products/{sku}").text


def test_an_order_below_the_smallest_one_is_refused_from_that_day_on(office: FlaskClient, app: Flask, statements: list[str]) -> None:
    tomorrow = today(clock.now()) + timedelta(days=1)
    do(office, "/manage/settings/prices/all", {**PRICES, "minimum": "50.01", "from": tomorrow.isoformat()})
    now, cheap = clock.now(), {builders.a_product(price=50_00): 1}
    day = (now + timedelta(days=5)).date()

    builders.an_order(cheap, now=now, date=day)
    with pytest.raises(rules.BelowMinimum) as refused:
        builders.an_order(cheap, now=now + timedelta(days=1), date=day)
    builders.an_order({next(iter(cheap)): 2}, now=now + timedelta(days=1), date=day)

    assert refused.value.facts == {"minimum": "50.01 EUR"}


def test_prices_that_cannot_be_are_refused_beside_their_fields(office: FlaskClient, app: Flask) -> None:
    for typed, field in (
        ({"vat_standard": "a lot"}, "vat_standard"), ({"vat_reduced": ""}, "vat_reduced"), ({"vat_standard": "99"}, "vat_standard"),
        ({"cny_rate": "NaN"}, "cny_rate"), ({"cny_rate": "7.4"}, "cny_day"),
        ({"minimum": "-3"}, "minimum"),
    ):  # fmt: skip
        answer = office.post("/manage/settings/prices/all", data={**PRICES, **typed, "step": "check"})

        assert answer.status_code in (400, 422), typed
        assert f'id="{field}-error"' in answer.text, typed


def test_a_shelf_is_set_up_and_put_back(office: FlaskClient, app: Flask) -> None:
    address = f"/manage/settings/point_shelf/{POINT}"
    for typed in ("A1", "A1 0", "A1 501", "A1 6, a1 7", "!! 3", "A1 six"):
        refused = office.post(address, data={"slots": typed, "step": "check"})
        assert refused.status_code in (400, 422), typed
        assert 'id="slots-error"' in refused.text, typed

    do(office, address, {"slots": "a1 6, A-2 6\nB1 4"})
    assert [(slot.code, slot.capacity) for slot in shelf_of(builders.point_id(POINT))] == [("A1", 6), ("A2", 6), ("B1", 4)]
    do(office, address, {"slots": "A1 8"})
    assert [(slot.code, slot.capacity) for slot in shelf_of(builders.point_id(POINT))] == [("A1", 8)]

    assert undo(office)[0] == 200
    assert [(slot.code, slot.capacity) for slot in shelf_of(builders.point_id(POINT))] == [("A1", 6), ("A2", 6), ("B1", 4)]


# --- earlier versions -------------------------------------------------------------------------------------------------


def restored(office: FlaskClient, version_id: int, mark: str | None = None) -> tuple[int, str]:
    """Look at what restoring would do, and do it."""
    address = f"/manage/settings/changes/{version_id}/restore"
    seen = office.get(address)
    if 'name="mark"' not in seen.text:
        return seen.status_code, text_of(seen.text)
    done = office.post(address, data={"mark": mark or mark_in(seen.text)}, follow_redirects=True)
    return done.status_code, text_of(done.text)


def test_any_earlier_version_can_be_restored_as_a_new_one(office: FlaskClient, app: Flask) -> None:
    for closes in ("21:00", "20:00", "19:00"):
        do(office, HOURS, {f"day_{day}": f"06:00-{closes}" for day in range(1, 8)})
    first = versions.history(key=POINT)[-1]
    assert f"/manage/settings/changes/{first.id}/restore" in office.get(HOURS).text

    status, page = restored(office, first.id)

    assert (status, "Put back." in page) == (200, True)
    assert flights.point_by_code(POINT).hours["1"] == ["06:00", "21:00"]
    assert [one.number for one in versions.history(key=POINT)] == [4, 3, 2, 1]
    assert undo(office)[0] == 200, "and it is a change like any other"
    assert flights.point_by_code(POINT).hours["1"] == ["06:00", "19:00"]


def test_what_holds_already_is_not_restored_and_what_moved_on_meanwhile_is_not_overwritten(office: FlaskClient, app: Flask) -> None:
    for closes in ("21:00", "20:00"):
        do(office, HOURS, {f"day_{day}": f"06:00-{closes}" for day in range(1, 8)})
    second, first = versions.history(key=POINT)
    mark = mark_in(office.get(f"/manage/settings/changes/{first.id}/restore").text)

    assert restored(office, second.id)[0] == 400
    do(office, HOURS, {f"day_{day}": "06:00-18:00" for day in range(1, 8)})
    assert restored(office, first.id, mark)[0] == 409

    assert flights.point_by_code(POINT).hours["1"] == ["06:00", "18:00"]
    assert restored(office, 99_999)[0] == office.get("/manage/settings/changes/99999/undo").status_code >= 400
