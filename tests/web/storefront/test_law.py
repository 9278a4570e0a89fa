"""What the law wants to be found: by everybody, from every page, without signing in and without cookies."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import builders
import pytest
from contracts.pdf_text import text_of
from flask.testing import FlaskClient

from shop.base import clock
from shop.contracts import queries
from shop.contracts.states import Course
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.privacy import notice
from shop.privacy.words import LABELS

PAGES = ("/legal/imprint", "/legal/terms", "/legal/withdrawal", "/legal/privacy", "/withdraw")
LINKS = ('href="/legal/imprint"', 'href="/legal/terms"', 'href="/legal/privacy"', 'href="/withdraw"')
SAME_ORIGIN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
WITHDRAW = {"zh": "撤回合同", "en": "Withdraw from a contract", "de": "Vertrag widerrufen"}


@pytest.mark.parametrize("lang", ["zh", "en", "de"])
@pytest.mark.parametrize("path", PAGES)
def test_a_legal_page_is_open_to_everybody_without_a_cookie(client: FlaskClient, path: str, lang: str) -> None:
    client.get(f"/?lang={lang}")

    answer = client.get(path)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "path", ["/", "/categories/", "/basket", "/search?q=x", "/pickup-points", "/sign-in/wechat?state=x", "/nothing/here", *PAGES]
)
def test_every_page_leads_to_them(client: FlaskClient, path: str) -> None:
    page = client.get(path).text

    assert [link for link in LINKS if link not in page] == []


@pytest.mark.parametrize("lang", WITHDRAW)
def test_the_link_is_called_what_the_law_calls_it(client: FlaskClient, lang: str) -> None:
    assert re.search(rf'href="/withdraw">{WITHDRAW[lang]}<', client.get(f"/?lang={lang}").text)


def test_staff_pages_have_no_such_foot(client: FlaskClient) -> None:
    assert LINKS[0] not in client.get("/manage/nothing/here").text
    assert LINKS[0] not in client.get("/counter/sign-in").text


def test_an_incomplete_imprint_says_so(client: FlaskClient) -> None:
    assert "not filled in everything" in client.get("/legal/imprint?lang=en").text


def test_the_privacy_notice_names_every_table_about_travellers(client: FlaskClient) -> None:
    assert notice.nameless() == [], "give these tables a name for travellers in shop/privacy/notice.py, or say that they are of staff"
    page = client.get("/legal/privacy?lang=en").text

    assert page.count("data-kept") == len(notice.TABLES)
    for words in ("Country of residence", "Date of birth", "90 days after the flight", "8 calendar years"):
        assert words in page, words


def test_the_labels_of_the_notice_have_all_languages() -> None:
    assert all(set(words) == {"zh", "en", "de"} and all(words.values()) for words in [*LABELS.values(), *notice.TABLES.values()])


# --- the withdrawal function ------------------------------------------------------------------------------------------


def form_of(client: FlaskClient, **said: str) -> dict[str, str]:
    page = client.get("/withdraw?lang=en").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key
    return {"key": key[1], "name": "WANG XIAOMING", **said}


def test_a_stranger_to_the_session_withdraws_in_two_steps(client: FlaskClient, day: date) -> None:
    order = builders.a_paid_order(now=clock.now(), date=day)
    form = form_of(client, number=order.number, code=builders.code_of(order))

    second = client.post("/withdraw", data={**form, "step": "check"}, headers=SAME_ORIGIN)
    assert (second.status_code, "Withdraw now" in second.text) == (200, True)
    assert order_by_number(order.number).state is OrderState.PAID, "the first step declares nothing"
    assert not queries.listed(only_open=False)
    done = client.post("/withdraw", data={**form, "step": "confirm"}, headers=SAME_ORIGIN)

    assert done.status_code == 303
    page, file = client.get(done.location), client.get(done.location + ".pdf")
    assert "Received on" in page.text
    assert "no-store" in page.headers["Cache-Control"]
    [found] = queries.listed(only_open=False)
    assert f"{found.received_at.astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d %H:%M}" in page.text
    assert "Eingangsbestätigung des Widerrufs" in text_of(file.data)
    assert found.course is Course.REFUNDED
    assert order_by_number(order.number).state is OrderState.CANCELLED


def test_back_from_the_second_step_everything_is_still_there(client: FlaskClient) -> None:
    form = form_of(client, number="d2345", email="li@example.com", wish="two bottles & a bag")

    page = client.post("/withdraw", data={**form, "step": "edit"}, headers=SAME_ORIGIN).text

    assert 'value="d2345"' in page
    assert 'value="li@example.com"' in page
    assert "two bottles &amp; a bag" in page
    assert f'value="{form["key"]}"' in page


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("number", "", "Please fill in"), ("number", "订单", "order number as it stands"), ("name", "", "Please fill in"),
        ("email", "nowhere", "mail address"), ("wish", "A" * 1100, "too long"),
    ],
)  # fmt: skip
def test_what_is_missing_is_explained_beside_its_field(client: FlaskClient, field: str, typed: str, words: str) -> None:
    form = form_of(client, number="D2345")

    answer = client.post("/withdraw?lang=en", data={**form, "step": "check", field: typed}, headers=SAME_ORIGIN)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert words in answer.text


def test_nobody_learns_from_it_which_orders_there_are(client: FlaskClient) -> None:
    order = builders.a_paid_order()
    pages = []
    for number in (order.number, "DNOSUCH234"):
        form = form_of(client, number=number, name="SOMEBODY ELSE")
        answer = client.post("/withdraw", data={**form, "step": "confirm"}, headers=SAME_ORIGIN)
        page = client.get(answer.location).text
        pages.append(re.sub(rf"{number}|/withdraw/[\w-]+|\d\d:\d\d(:\d\d)?", "·", page))

    assert pages[0] == pages[1]
    assert order.traveller_name not in pages[0]


def test_a_form_of_another_site_declares_nothing(client: FlaskClient) -> None:
    form = form_of(client, number="D2345")

    answer = client.post("/withdraw", data={**form, "step": "confirm"}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert not queries.listed(only_open=False)


@pytest.mark.parametrize("token", ["x", "x" * 32, "%00" * 20, "..%2F" * 6, "订" * 24])
def test_a_made_up_acknowledgement_does_not_exist(client: FlaskClient, token: str) -> None:
    assert client.get(f"/withdraw/{token}").status_code == 404
    assert client.get(f"/withdraw/{token}.pdf").status_code == 404


def test_the_signed_in_traveller_needs_no_code_and_sees_it_on_the_order(signed_in: FlaskClient, paid: OrderView) -> None:
    page = signed_in.get(f"/withdraw?number={paid.number}&lang=en").text
    assert 'value="WANG XIAOMING"' in page
    assert 'id="code"' not in page

    form = {**form_of(signed_in, number=paid.number), "csrf_token": "page", "step": "confirm"}
    answer = signed_in.post("/withdraw", data=form)

    order_page = signed_in.get(f"/orders/{paid.number}?lang=en").text
    assert "data-withdrawn" in order_page
    assert answer.location in order_page
    assert "state--cancelled" in order_page


def test_the_name_on_a_foreign_order_is_not_filled_in(signed_in: FlaskClient) -> None:
    foreign = builders.a_paid_order(name="LI SECRET")

    assert "LI SECRET" not in signed_in.get(f"/withdraw?number={foreign.number}").text
