"""Reports as pages, exports, saved reports and schedules in the back office."""

import html
import re
from datetime import timedelta
from pathlib import Path

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.exports import making, rules
from shop.people.rights import Grant, Role
from shop.reports.registry import REPORTS
from shop.web.backoffice import periods
from shop.web.wiring import settings

PERIOD = {"from": "2026-11-01", "to": "2026-11-30"}
SHOW, EXPORTS, SAVED = "/manage/reports/show", "/manage/exports/", "/manage/reports/saved/"


@pytest.fixture(autouse=True)
def _folders(app: Flask, tmp_path: Path) -> None:
    wiring = app.extensions["shop"]
    app.extensions["shop"] = builders.replace(
        wiring, settings=builders.replace(wiring.settings, export_folder=str(tmp_path / "exports")),
        ways=builders.replace(wiring.ways, post=None, folder=tmp_path / "out", store=None),
    )  # fmt: skip


def make_all() -> int:
    return making.make_all(Path(settings().export_folder), clock.now)


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_every_report_has_a_page_and_files(office: FlaskClient, language: str) -> None:
    builders.a_paid_order()
    office.environ_base["HTTP_ACCEPT_LANGUAGE"] = language

    for name, report in REPORTS.items():
        page = office.get(f"{SHOW}/{name}", query_string=PERIOD)
        csv = office.get(f"{SHOW}/{name}/file", query_string={**PERIOD, "format": "csv"}).data
        xlsx = office.get(f"{SHOW}/{name}/file", query_string={**PERIOD, "format": "xlsx"}).data

        assert page.status_code == 200, name
        assert report.titles[language] in page.text
        assert (csv[:3], xlsx[:2]) == (b"\xef\xbb\xbf", b"PK"), name


def linked(page: str, name: str) -> str | None:
    """Where a link below the rows goes."""
    found = re.search(rf'data-page="{name}" href="([^"]+)"', page)
    return html.unescape(found[1]) if found else None


def numbers_in(page: str) -> list[str]:
    return re.findall(r'<td class="text-nowrap">(D[0-9A-Z]{9})</td>', page)


def test_a_page_shows_rows_totals_and_the_next_page(office: FlaskClient) -> None:
    for _ in range(51):
        builders.an_order({builders.a_product(price=2_00): 1})

    first = office.get(f"{SHOW}/order_list", query_string=PERIOD).text
    second = office.get(linked(first, "more") or "").text

    assert "51 rows" in first
    assert first.count("<tr>") == 1 + 50
    assert second.count("<tr>") == 1 + 1
    assert "102.00" in first
    assert "102.00" in second, "the totals are those of all rows"
    assert linked(second, "more") is None


@pytest.mark.parametrize("report", ["order_list", "by_flight"])
def test_whoever_turns_the_pages_reaches_the_end_and_comes_back(office: FlaskClient, report: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pages than were ever shown before, each row once, forwards and backwards the same."""
    monkeypatch.setattr("shop.reports.pages.ROWS", 1)
    keys = [builders.an_order(now=builders.NOW + timedelta(seconds=n)) for n in range(3)]
    for n, order in enumerate(keys):
        builders.set_order(order.number, flight_number=f"CA93{n}")
    start = office.get(f"{SHOW}/{report}", query_string=PERIOD).text

    there, page = [start], start
    while (address := linked(page, "more")) is not None:
        page = office.get(address).text
        there.append(page)
    back = [page]
    while (address := linked(page, "back")) is not None:
        page = office.get(address).text
        back.append(page)

    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", one.partition("<tfoot>")[0]) for one in there]
    assert len(there) == 3
    assert len({tuple(row) for row in rows}) == 3
    assert [re.findall(r"<td[^>]*>([^<]*)</td>", one.partition("<tfoot>")[0]) for one in reversed(back)] == rows
    assert office.get(linked(start, "last") or "").text.partition("<nav")[0] == there[-1].partition("<nav")[0] or report == "order_list"
    assert linked(office.get(linked(there[-1], "first") or "").text, "back") is None


def test_a_place_that_is_none_is_refused(office: FlaskClient) -> None:
    builders.an_order()
    for place in ("x", "1-", "9" * 18 + "-1", "-5-5"):
        assert office.get(f"{SHOW}/order_list", query_string={**PERIOD, "after": place}).status_code == 400


def test_who_has_one_pickup_point_sees_the_reports_of_that_point_and_of_no_other(client: FlaskClient, app: Flask) -> None:
    mine = builders.a_paid_order()
    here = builders.point_id(builders.POINT)
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MANAGER, here), name="local"))
    seen = client.get(f"{SHOW}/order_list", query_string=PERIOD)

    assert mine.number in seen.text
    assert seen.text.count("<tr>") == 1 + 1
    for address in (f"{SHOW}/order_list", f"{SHOW}/order_list/file"):
        assert client.get(address, query_string={**PERIOD, "point": builders.OTHER_POINT}).status_code == 400
    assert client.get(f"{SHOW}/stock_valuation").status_code == 403, "it cannot be had of one point"
    assert client.get(f"{SHOW}/tax_evidence", query_string=PERIOD).status_code == 403
    file = client.get(f"{SHOW}/order_list/file", query_string={**PERIOD, "format": "csv"})
    assert mine.number in file.text
    listed = client.get("/manage/reports/").text
    assert "show/by_day" in listed
    assert "show/stock_valuation" not in listed
    builders.set_order(mine.number, pickup_point_id=builders.point_id(builders.OTHER_POINT))
    assert mine.number not in client.get(f"{SHOW}/order_list", query_string=PERIOD).text


def test_who_has_one_pickup_point_has_exports_saved_reports_and_schedules_of_that_point(client: FlaskClient, app: Flask) -> None:
    mine, other = builders.a_paid_order(), builders.a_paid_order(pickup_point=builders.OTHER_POINT)
    local(client)
    page = client.get(f"{SHOW}/orders", query_string=PERIOD).text
    assert f'name="point" value="{builders.POINT}"' in page, "what is made and kept is of this point"

    export = asked(client, point=builders.POINT)
    make_all()
    file = client.get(f"{export}/file")
    assert mine.number in file.text
    assert other.number not in file.text
    file.close()
    kept = saved(client)
    assert client.post(f"{kept}/schedules", data={"every": "daily", "at": "06:30", "way": "folder"}).status_code == 303
    assert "FREQ=DAILY" in client.get(kept).text

    for filters in ({}, {"point": builders.OTHER_POINT}):
        sent = {"report": "orders", "format": "csv", "key": "k2", **PERIOD, **filters}
        assert client.post(EXPORTS, data=sent).status_code == 403
        keep = client.post(SAVED, data={"report": "by_day", "name": "Others’", "span": "last_week", **filters})
        assert keep.status_code == 422
    assert "Others’" not in client.get(SAVED).text


def local(client: FlaskClient, role: Role = Role.MANAGER) -> None:
    """Somebody who has this role at one pickup point signs in."""
    builders.sign_in_staff(client, builders.a_colleague(Grant(role, builders.point_id(builders.POINT)), name=f"local {role}"))


def test_a_shared_report_is_there_for_whoever_may_see_it(office: FlaskClient, app: Flask, statements: list[str]) -> None:
    shared = {}
    for name, more in (("here", {"point": builders.POINT}), ("there", {"point": builders.OTHER_POINT}), ("everywhere", {})):
        sent = {"report": "by_day", "name": f"Shared {name}", "span": "last_week", "shared": "1", **more}
        shared[name] = office.post(SAVED, data=sent).location
    stranger = app.test_client()
    local(stranger)

    statements.clear()
    page = stranger.get(SAVED).text

    assert len(statements) <= 6, "however many there are"
    assert ("Shared here" in page, "Shared there" in page, "Shared everywhere" in page) == (True, False, False)
    assert [stranger.get(shared[name]).status_code for name in ("here", "there", "everywhere")] == [200, 404, 404]
    plan = {"every": "daily", "at": "06:30", "way": "folder"}
    assert stranger.post(f"{shared['there']}/schedules", data=plan).status_code == 404


def test_the_dashboard_of_one_pickup_point_is_about_that_point(client: FlaskClient, app: Flask) -> None:
    for point, price in ((builders.POINT, 70_00), (builders.OTHER_POINT, 30_00)):
        builders.a_paid_order({builders.a_product(price=price): 1}, pickup_point=point)
    local(client)

    page = client.get("/manage/").text
    ours = re.search(r'data-figure="takings-EUR".*?figure-card__number[^>]*>(.*?)</p>', page, re.S)

    assert ours is not None
    assert "70.00" in ours[1]
    assert f'data-point="{builders.POINT}"' in page
    assert f'data-point="{builders.OTHER_POINT}"' not in page
    assert page.count("data-sku=") == 1
    assert "data-only-of" in page
    behind = re.search(r'href="([^"]+)">\s*1\s*</a>', page[page.index('data-figure="paid"') :])
    assert behind is not None
    assert client.get(html.unescape(behind[1])).text.count('href="/manage/orders/D') == 1
    local(client, Role.COUNTER)
    assert "data-figure" not in client.get("/manage/").text


def test_marketing_sees_the_figures_of_the_dashboard_and_no_way_to_orders(client: FlaskClient, app: Flask) -> None:
    builders.a_paid_order()
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MARKETING), name="ma"))

    page = client.get("/manage/").text

    assert 'data-figure="paid"' in page
    assert "/manage/orders/" not in page


def test_the_number_of_statements_does_not_grow_with_the_rows(office: FlaskClient, statements: list[str]) -> None:
    builders.an_order()
    statements.clear()
    office.get(f"{SHOW}/orders", query_string=PERIOD)
    few = len(statements)
    for _ in range(9):
        builders.an_order()
    statements.clear()

    office.get(f"{SHOW}/orders", query_string=PERIOD)

    assert len(statements) == few <= 13


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({**PERIOD, "day": "bank"}, "day"), ({**PERIOD, "day": "x"}, "day"), ({**PERIOD, "state": "lost"}, "state"),
        ({"from": "2026-11-30", "to": "2026-11-01"}, "to"), ({"from": "2015-01-01", "to": "2026-11-01"}, "to"),
        ({"from": "yesterday"}, "from"), ({**PERIOD, "destination": "LONG"}, "destination"), ({**PERIOD, "page": "0"}, "page"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(office: FlaskClient, sent: dict[str, str], field: str) -> None:
    answer = office.get(f"{SHOW}/by_day", query_string=sent)

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text


def test_a_filter_that_a_report_does_not_have_is_refused(office: FlaskClient) -> None:
    assert office.get(f"{SHOW}/refunds", query_string={**PERIOD, "brand": "x"}).status_code == 400
    assert office.get(f"{SHOW}/secrets").status_code == 404


def test_tax_evidence_needs_a_right_of_its_own(client: FlaskClient, app: Flask) -> None:
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MANAGER), name="mo"))

    for path in (f"{SHOW}/tax_evidence", f"{SHOW}/tax_evidence/file"):
        assert client.get(path, query_string=PERIOD).status_code == 403
    assert client.get(f"{SHOW}/refunds", query_string=PERIOD).status_code == 200
    assert "tax_evidence" not in client.get("/manage/reports/").text


def test_a_long_report_is_not_made_while_somebody_waits(office: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.reports import files
    from shop.web.backoffice import report_pages

    builders.an_order()
    for module in (files, report_pages):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 0)

    answer = office.get(f"{SHOW}/orders/file", query_string={**PERIOD, "format": "csv"})

    assert answer.status_code == 303
    page = office.get(answer.location).text
    assert "made in the background" in page
    assert "/orders/file" not in page


def asked(office: FlaskClient, **more: str) -> str:
    answer = office.post(EXPORTS, data={"report": "orders", "format": "csv", "key": "k1", **PERIOD, **more})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_an_export_is_asked_for_made_and_fetched(office: FlaskClient) -> None:
    order = builders.a_paid_order()
    page = asked(office)
    assert "waiting" in office.get(page).text
    assert 'data-watch="1"' in office.get(page).text
    assert office.get(f"{page}/file").status_code == 404
    assert asked(office) == page, "pressed twice, asked once"

    assert make_all() == 1

    done = office.get(page).text
    assert "data-watch" not in done
    file = office.get(f"{page}/file")
    assert order.number.encode() in file.data
    file.close()
    assert file.headers["Content-Disposition"] == "attachment; filename=orders-2026-11-01-to-2026-11-30.csv"
    assert file.headers["Cache-Control"] == "private, no-store"
    assert "1 row" in office.get(EXPORTS).text


def test_an_export_is_cancelled_and_made_again(office: FlaskClient) -> None:
    page = asked(office)

    assert office.post(f"{page}/cancel").status_code == 303
    assert office.post(f"{page}/cancel").status_code == 409
    assert "cancelled" in office.get(page).text
    assert office.post(f"{page}/retry").status_code == 303
    assert make_all() == 1


def test_the_file_of_somebody_else_and_of_somebody_who_may_not_any_more_is_not_given(
    office: FlaskClient, app: Flask
) -> None:
    page = asked(office)
    make_all()
    stranger = app.test_client()
    builders.sign_in_staff(stranger, builders.a_colleague(Grant(Role.ADMIN), name="other"))

    assert stranger.get(f"{page}/file").status_code == stranger.get(page).status_code == 404
    builders.give_staff(Grant(Role.MARKETING))
    assert office.get(f"{page}/file").status_code == 403
    assert app.test_client().get(f"{page}/file").status_code == 302


def test_too_many_at_once_is_said_on_the_list(office: FlaskClient) -> None:
    for n in range(5):
        asked(office, key=f"k{n}")

    answer = office.post(EXPORTS, data={"report": "orders", "format": "csv", "key": "k9", **PERIOD})

    assert answer.status_code == 429
    assert "5 exports of yours still wait" in answer.text


def saved(office: FlaskClient) -> str:
    sent = {"report": "by_day", "name": "Last week", "span": "last_week", "day": "pickup", "point": builders.POINT}
    answer = office.post(SAVED, data=sent)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_long_period_is_said_at_once_made_in_the_background_and_then_shown(office: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.reports import long_periods

    for _ in range(2):
        builders.a_paid_order({builders.a_product(price=1_234_50): 1})
    monkeypatch.setattr(long_periods, "MANY", 1)

    page = office.get(f"{SHOW}/by_day", query_string=PERIOD).text
    assert 'id="long"' in page
    assert "<tbody>" not in page
    form = page[page.index('id="long"') : page.index("</form>", page.index('id="long"'))]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    export = office.post(EXPORTS, data=sent).location
    make_all()
    done = office.get(export).text
    wait = re.search(r'href="([^"]+wait=1[^"]*)"', page)
    assert wait is not None
    here = office.get(html.unescape(wait[1])).text

    rows = [re.findall(r"<td[^>]*>([^<]*)</td>", one) for one in (done, here)]
    assert rows[0] == rows[1], "the page that was waited for and the file say the same, totals too"
    assert "2,469.00" in rows[0]
    assert "<tbody>" not in office.get(asked(office, report="orders", key="k2", format="xlsx")).text


def test_a_finished_table_is_shown_only_to_whoever_may_still_see_it_and_never_the_evidence(office: FlaskClient, app: Flask) -> None:
    builders.a_paid_order()
    export, evidence = (asked(office, report=name, key=name, format="xlsx") for name in ("by_point", "tax_evidence"))
    make_all()
    assert builders.POINT in office.get(export).text
    assert "<tbody>" not in office.get(evidence).text, "its looks are logged one by one: it is fetched"

    builders.give_staff(Grant(Role.ACCOUNTANT, builders.point_id(builders.OTHER_POINT)))

    assert "<tbody>" not in office.get(export).text


def test_a_report_offers_its_usual_periods_and_whole_years(office: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: builders.NOW)

    page = office.get(f"{SHOW}/by_day").text

    for days in ("from=2026-11-24&amp;to=2026-11-24", "from=2026-10-01&amp;to=2026-10-31", "from=2026-01-01&amp;to=2026-11-24",
                 "from=2025-01-01&amp;to=2025-12-31"):  # fmt: skip
        assert days in page, days


def test_a_report_with_a_format_in_its_address_still_opens(office: FlaskClient) -> None:
    builders.a_paid_order()

    assert office.get(f"{SHOW}/by_day", query_string={**PERIOD, "format": "csv", "header": "both"}).status_code == 200


def test_a_report_is_saved_as_the_kind_of_file_that_was_chosen(office: FlaskClient) -> None:
    page = office.get(f"{SHOW}/by_day", query_string=PERIOD).text
    form = page[page.index('id="save"') :]
    assert re.findall(r'<select[^>]* name="(\w+)"', form) == ["span", "format", "header"]

    sent = {"report": "by_day", "name": "For the books", "span": "last_month", "format": "csv", "header": "technical"}

    assert "CSV" in office.get(office.post(SAVED, data=sent).location).text


def test_a_report_is_saved_with_its_filters_and_opened_again(office: FlaskClient) -> None:
    page = office.get(saved(office)).text

    assert "Last week" in page
    link = re.search(r'href="(/manage/reports/show/by_day\?[^"]+)"', page)
    assert link is not None
    assert f"point={builders.POINT}" in link[1]
    first, last = rules.days_of(rules.Span.LAST_WEEK, periods.today(clock.now()))
    assert f"from={first}&amp;to={last}" in link[1], "its own days, not this month’s"
    assert office.get(link[1].replace("&amp;", "&")).status_code == 200


@pytest.mark.parametrize(
    "sent", [{"name": ""}, {"name": "x" * 81}, {"span": "ever"}, {"span": "fixed"}, {"report": "refunds", "brand": "x"}]
)
def test_what_cannot_be_saved_keeps_what_was_typed(office: FlaskClient, sent: dict[str, str]) -> None:
    answer = office.post(SAVED, data={"report": "by_day", "name": "Mine", "span": "last_week", **sent})

    assert answer.status_code == 422
    assert "-error" in answer.text
    assert sent.get("name", "Mine")[:80] in answer.text


def test_a_schedule_is_previewed_planned_and_ended(office: FlaskClient) -> None:
    page = saved(office)
    plan = {"every": "weekly", "at": "06:30", "way": "folder"}

    preview = office.post(f"{page}/schedules", data={**plan, "preview": "1"})
    assert preview.status_code == 200
    assert preview.text.count("Mon,") == 5
    assert "nobody has planned" in preview.text.lower()

    assert office.post(f"{page}/schedules", data=plan).status_code == 303
    planned = office.get(page).text
    assert "FREQ=WEEKLY;BYDAY=MO" in planned
    end = re.search(r'action="(/manage/reports/saved/schedules/\d+/end)"', planned)
    assert end is not None
    assert office.post(end[1]).status_code == 303
    assert "ended" in office.get(page).text


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"every": "rule", "rule": "FREQ=HOURLY"}, "rule"), ({"every": "rule"}, "rule"), ({"at": "26:00"}, "at"), ({"way": "fax"}, "way"),
        ({"way": "mail", "target": "a@example.org"}, "way"), ({"every": "often"}, "every"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_said_beside_its_field(office: FlaskClient, sent: dict[str, str], field: str) -> None:
    answer = office.post(f"{saved(office)}/schedules", data={"every": "daily", "at": "06:30", "way": "folder", **sent})

    assert answer.status_code in (400, 422)
    assert f'id="{field}-error"' in answer.text


def test_a_saved_report_can_be_deleted(office: FlaskClient) -> None:
    page = saved(office)

    assert office.post(f"{page}/delete").status_code == 303

    assert office.get(page).status_code == 404
    assert "Last week" not in office.get(SAVED).text


def test_a_file_whose_time_is_over_is_not_there(office: FlaskClient) -> None:
    page = asked(office)
    make_all()
    making.expire(Path(settings().export_folder), clock.now() + making.KEPT + timedelta(seconds=1))

    assert office.get(f"{page}/file").status_code == 404
    assert "Make it again" in office.get(page).text
