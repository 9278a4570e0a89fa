"""Downloading the order report."""
import builders
import pytest
from flask.testing import FlaskClient

PERIOD = {"from": "2026-11-01", "to": "2026-11-30"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def test_the_form_offers_this_month_and_the_usual_periods(office: FlaskClient) -> None:
    page = office.get("/manage/reports/").text

    assert page.count("btn-outline-secondary\" href=\"/manage/reports/?from=") == 4
    assert 'type="date" value="20' in page


def test_the_address_fills_the_form(office: FlaskClient) -> None:
    page = office.get("/manage/reports/", query_string={**PERIOD, "format": "csv"}).text

    assert 'value="2026-11-01"' in page
    assert 'value="csv" checked' in page


@pytest.mark.parametrize(("kind", "mimetype", "start"), [("csv", "text/csv", b"\xef\xbb\xbf"), ("xlsx", XLSX, b"PK")])
def test_a_download_is_a_file_that_no_cache_keeps(office: FlaskClient, kind: str, mimetype: str, start: bytes) -> None:
    order = builders.a_paid_order()

    answer = office.get("/manage/reports/orders", query_string={**PERIOD, "format": kind})

    assert answer.status_code == 200
    assert answer.mimetype == mimetype
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert f".{kind}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Content-Length" not in answer.headers
    assert answer.data.startswith(start)
    assert kind == "xlsx" or order.number.encode() in answer.data


def test_the_period_is_in_frankfurts_days_and_both_are_included(office: FlaskClient) -> None:
    inside = builders.a_paid_order(now=builders.NOW.replace(day=23, hour=23, minute=30))

    def told(day: str) -> bool:
        answer = office.get("/manage/reports/orders", query_string={"from": day, "to": day, "format": "csv"})
        return inside.number.encode() in answer.data

    assert [told(day) for day in ("2026-11-23", "2026-11-24", "2026-11-25")] == [False, True, False]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({**PERIOD, "format": "pdf"}, "format"), (PERIOD, "format"),
        ({"to": "2026-11-30", "format": "csv"}, "from"),
        ({"from": "2026-11-30", "to": "2026-11-01", "format": "csv"}, "to"),
        ({"from": "1999-12-31", "to": "2026-11-01", "format": "csv"}, "from"),
        ({"from": "2001-01-01", "to": "2026-11-01", "format": "csv"}, "to"),
        ({"from": "24.11.2026", "to": "2026-11-30", "format": "csv"}, "from"),
    ],
)  # fmt: skip
def test_a_wrong_period_or_format_shows_the_form_again(office: FlaskClient, sent: dict[str, str], field: str) -> None:
    answer = office.get("/manage/reports/orders", query_string=sent)

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert "Content-Disposition" not in answer.headers
    assert not sent.get(field, "").startswith("2") or sent[field] in answer.text
