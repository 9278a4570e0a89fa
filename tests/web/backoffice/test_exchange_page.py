"""A manager downloads the catalogue, sends a file in, reads what it would do, and does it."""

import io
from collections.abc import Callable

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from shop import worker
from shop.base import clock, delivering
from shop.exchange import queries

EXCHANGE = "/manage/exchange/"
Work = Callable[[], None]


@pytest.fixture
def work(app: Flask) -> Work:
    """What the worker does with all that was announced."""

    def pulse() -> None:
        now = clock.now()
        delivering.spread(worker.REACTIONS, now)
        for delivery in delivering.due(now):
            assert delivering.deliver(delivery, worker.REACTIONS, clock.now)

    return pulse


def post_file(office: FlaskClient, content: bytes, name: str) -> TestResponse:
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    return office.post(EXCHANGE, data=head + content + b"\r\n--edge--\r\n", content_type="multipart/form-data; boundary=edge")


def send(office: FlaskClient, content: bytes, name: str = "prices.csv") -> str:
    """The address of the import."""
    answer = post_file(office, content, name)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_file_with_errors_is_reported_corrected_and_applied(office: FlaskClient, work: Work) -> None:
    sku = builders.a_product(price=50_00)
    wrong = send(office, f"sku,price,remark\n{sku},1.234,x\nNEW-1,5,y\n".encode())

    waiting = office.get(wrong)
    assert waiting.headers["Refresh"] == "2"
    assert "This page loads itself anew" in waiting.text
    work()
    page = office.get(wrong)
    assert "Refresh" not in page.headers
    assert "2 lines have faults" in page.text
    assert "Is this a thousand or a decimal?" in page.text
    assert "These columns are not known and are left out: remark" in page.text
    assert ">Apply<" not in page.text

    right = send(office, f"sku,price\n{sku},45.00\n".encode())
    work()
    page = office.get(right)
    assert "50.00" in page.text
    assert "45.00" in page.text
    run = queries.latest(1)[0].run
    for _ in range(2):  # somebody presses twice
        assert office.post(f"{right}/apply", data={"run": run}).status_code == 303
    assert "It is being applied" in office.get(right).text
    work()

    assert "Applied on" in office.get(right).text
    assert "45.00" in office.get(f"/products/{sku}").text


def test_an_old_page_does_not_apply_what_it_has_not_shown(office: FlaskClient, work: Work) -> None:
    sku = builders.a_product()
    there = send(office, f"sku,price\n{sku},45.00\n".encode())
    work()

    for run in ("", "x", "0", "99", "9" * 40):
        answer = office.post(f"{there}/apply", data={"run": run})

        assert answer.status_code == 409
        assert "the import has moved on meanwhile" in answer.text
    office.post(f"{there}/check")
    assert office.post(f"{there}/apply", data={"run": "1"}).status_code == 409


@pytest.mark.parametrize("language", ["zh", "en", "de"])
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_downloaded_can_be_sent_back(office: FlaskClient, work: Work, kind: str, language: str) -> None:
    builders.a_product()

    answer = office.get(f"{EXCHANGE}catalogue", query_string={"format": kind, "lang": language})
    there = send(office, answer.data, f"c.{kind}")
    work()

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=catalogue-20")
    assert "there is nothing to apply" in office.get(there, query_string={"lang": "en"}).text


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_the_report_is_downloaded_in_the_readers_language_without_formulas(office: FlaskClient, work: Work, language: str) -> None:
    sku = builders.a_product()
    there = send(office, f"sku,price,name_en\n{sku},=1+1,\nSP-X,,@SUM(1)\n".encode())
    work()

    answer = office.get(f"{there}/report.csv", query_string={"lang": language})

    text = answer.data.decode("utf-8-sig")
    assert text.splitlines()[0].replace(";", ",") == "line,sku,outcome,column,before,after,problem"
    assert "'=1+1" in text
    assert {"zh": "不是数字", "en": "not a number", "de": "keine Zahl"}[language] in text


def test_long_reports_are_paged(office: FlaskClient, work: Work, statements: list[str]) -> None:
    there = send(office, b"sku,price\n" + b"".join(b"NONE-%d,1\n" % n for n in range(250)))
    work()
    office.get(there)

    statements.clear()
    first = office.get(there)
    assert len(statements) <= 4
    assert first.text.count("<tr data-line=") == 100
    assert "after=101" in first.text
    last = office.get(there, query_string={"show": "fault", "after": "201"})
    assert last.text.count("<tr data-line=") == 50
    assert "Next lines" not in last.text


def test_the_overview_asks_the_same_number_of_questions_however_many_imports(office: FlaskClient, statements: list[str]) -> None:
    for _ in range(5):
        send(office, b"sku\nA\n")
    office.get(EXCHANGE)

    statements.clear()
    page = office.get(EXCHANGE)

    assert len(statements) <= 3
    assert page.text.count("prices.csv") == 5


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "Please choose a file"), (b"", "Please choose a file"), (b"x" * (64 * 2**20 + 1), "larger than 64 MB")],
    ids=["none", "empty", "large"],
)
def test_what_is_no_file_is_refused_beside_the_field(office: FlaskClient, app: Flask, content: bytes | None, words: str) -> None:
    answer = office.post(EXCHANGE) if content is None else post_file(office, content, "x.csv")

    assert answer.status_code == 400
    assert words in answer.text
    assert queries.latest() == []


def test_a_body_beyond_all_measure_is_cut_off(office: FlaskClient, app: Flask) -> None:
    assert post_file(office, b"x" * (65 * 2**20), "x.csv").status_code == 413


def test_the_template_is_a_workbook_with_all_columns(office: FlaskClient, app: Flask) -> None:
    book = load_workbook(io.BytesIO(office.get(f"{EXCHANGE}template").data))

    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["sku", "ean", "active"]


@pytest.mark.parametrize("path", ["999", "999/report.csv"])
def test_an_import_that_is_not_there_is_not_found(office: FlaskClient, app: Flask, path: str) -> None:
    assert office.get(f"{EXCHANGE}{path}").status_code == 404


def test_a_file_named_like_an_attack_is_only_text(office: FlaskClient, work: Work) -> None:
    there = send(office, b"rubbish", "../../<script>alert(1).xlsx")
    work()

    page = office.get(there)

    assert "<script>alert" not in page.text
    assert ">&lt;script&gt;alert(1).xlsx<" in page.text
    assert "No row with the names of the columns was found" in page.text


def test_a_large_catalogue_is_made_in_the_background(office: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from shop.web.backoffice import exchange

    builders.a_product()
    assert office.get(f"{EXCHANGE}catalogue?format=csv").status_code == 200
    monkeypatch.setattr(exchange, "MOST_AT_ONCE", 0)

    assert office.get(f"{EXCHANGE}catalogue?format=csv").location == EXCHANGE
    assert 'name="format" value="xlsx"' in office.get(EXCHANGE).text
    asked = office.post(f"{EXCHANGE}catalogue", data={"format": "xlsx", "key": "12345678"})
    again = office.post(f"{EXCHANGE}catalogue", data={"format": "xlsx", "key": "12345678"})

    assert asked.location == again.location
    assert "The whole catalogue" in office.get(asked.location).text
    assert office.get("/manage/exports/").text.count("The whole catalogue") == 1
    assert office.post(f"{EXCHANGE}catalogue", data={"format": "pdf"}).status_code == 400
