"""What marketing does about the chat in the back office, and who may see conversations."""
import builders
import pytest
from builders import NOW
from flask.testing import FlaskClient

from shop.chat import keeping
from shop.people.rights import Grant, Role

from .playing import Phone
from .test_chat import a_traveller, an_order_to_come

GOOD = {"name": "Wifi", "keywords": "wifi, 无线网\n无线", "topic": "", "text_zh": "免费", "text_en": "Free", "text_de": "", "active": "yes"}


@pytest.fixture
def marketing(client: FlaskClient) -> FlaskClient:
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MARKETING)))
    return client


def test_an_answer_is_kept_changed_and_listed(marketing: FlaskClient) -> None:
    made = marketing.post("/manage/chat/answers/new?lang=en", data=GOOD, follow_redirects=True)
    (kept,) = keeping.answers()
    changed = marketing.post(f"/manage/chat/answers/{kept.id}", data=GOOD | {"name": "Internet", "active": ""}, follow_redirects=True)

    assert "Wifi" in made.text
    assert kept.keywords == ["wifi", "无线网", "无线"]
    assert "Internet" in changed.text
    assert (keeping.answer(kept.id).active, keeping.answer(kept.id).texts) == (False, {"zh": "免费", "en": "Free"})


@pytest.mark.parametrize(("change", "field"), [
    ({"name": ""}, "name"), ({"keywords": " , "}, "keywords"), ({"keywords": "x" * 31}, "keywords"), ({"text_zh": ""}, "text_zh"),
    ({"text_en": "长" * 700}, "text_en"), ({"topic": "magic"}, "topic"), ({"name": "\x00"}, "name"), ({"text_de": "x" * 3001}, "text_de"),
])
def test_a_mistake_stands_by_its_field_and_what_was_typed_stays(marketing: FlaskClient, change: dict[str, str], field: str) -> None:
    answer = marketing.post("/manage/chat/answers/new?lang=en", data=GOOD | change)

    assert answer.status_code in (400, 422)
    assert f'id="{field}-error"' in answer.text
    assert "Free" in answer.text or "text_en" in change
    assert keeping.answers() == []


def test_service_hours_are_set_and_a_wrong_day_is_marked(marketing: FlaskClient) -> None:
    wrong = marketing.post("/manage/chat/hours?lang=en", data={"day_1": "nine", "day_2": "09:00-18:00"})
    right = marketing.post("/manage/chat/hours", data={"day_1": "09:00-12:00, 13:00-18:00", "day_7": "closed"}, follow_redirects=True)

    assert 'id="day_1-error"' in wrong.text
    assert 'value="09:00-18:00"' in wrong.text
    assert 'value="09:00-12:00, 13:00-18:00"' in right.text
    assert keeping.hours_now()["1"] == ["09:00", "12:00", "13:00", "18:00"]


def test_a_conversation_is_shown_with_counts_and_orders(phone: Phone, marketing: FlaskClient, statements: list[str]) -> None:
    order = an_order_to_come(a_traveller(phone))
    phone.asked("我的订单")
    phone.event("CLICK", EventKey="hours")
    phone.send(phone.fields(MsgType="text", Content="<script>alert(1)</script>", MsgId=7))
    statements.clear()
    listed = marketing.get("/manage/chat/?lang=en")
    assert len(statements) <= 6, statements

    shown = marketing.get("/manage/chat/1?lang=en")

    assert "1 / 1" in listed.text
    assert order.number in shown.text
    assert "4 lines." in shown.text
    assert "tapped in the menu: Opening hours" in shown.text
    assert "<script>alert" not in shown.text
    assert "&lt;script&gt;" in shown.text


def test_links_of_ours_are_links_in_the_office_too_and_what_travellers_write_is_only_text(phone: Phone, marketing: FlaskClient) -> None:
    evil = '<a href="https://evil.example/">x</a>'
    text = 'a <a href="https://a.example/?b=1&c=2">b</a> <b>c</b> <a href="javascript:alert(1)">d</a> <a href="https://e" onclick="f">g</a>'
    keeping.keep(None, name="Odd", topic=None, keywords=["odd"], texts={"zh": text}, active=True, by="staff:1", now=NOW)
    phone.asked("营业时间")
    phone.asked("odd")
    phone.say(evil)

    shown = marketing.get("/manage/chat/1").text

    assert '<a href="http://localhost/pickup-points" rel="noreferrer">全部提货点</a>' in shown
    assert '<a href="https://a.example/?b=1&amp;c=2" rel="noreferrer">b</a> &lt;b&gt;c&lt;/b&gt;' in shown
    assert "&lt;a href=&#34;https://evil.example/&#34;&gt;x&lt;/a&gt;" in shown
    assert "evil.example/\" rel" not in shown
    assert 'href="javascript' not in shown
    assert "onclick=\"f" not in shown


def test_the_page_of_an_order_leads_to_the_conversation_with_its_traveller(phone: Phone, client: FlaskClient) -> None:
    builders.sign_in_staff(client, builders.a_staff_member("boss", "a good long password"))
    order = an_order_to_come(a_traveller(phone))
    before = client.get(f"/manage/chat/of/{order.number}")
    phone.say("hello")

    link = f"/manage/chat/of/{order.number}"
    assert link in client.get(f"/manage/orders/{order.number}").text
    assert before.status_code == 404
    assert client.get(link).headers["Location"].endswith("/manage/chat/1")
    assert client.get("/manage/chat/of/DNOSUCHNNN").status_code == 404


@pytest.mark.parametrize("role", [Role.COUNTER, Role.PACKER, Role.ACCOUNTANT, Role.SUPERVISOR])
def test_conversations_are_not_for_everybody_who_works_here(client: FlaskClient, phone: Phone, role: Role) -> None:
    phone.say("hello")
    builders.sign_in_staff(client, builders.a_colleague(Grant(role)))

    assert {client.get(path).status_code for path in ("/manage/chat/", "/manage/chat/1", "/manage/chat/answers", "/manage/menu/")} == {403}


def test_a_page_of_nobody_is_not_found(marketing: FlaskClient) -> None:
    assert {marketing.get(path).status_code for path in ("/manage/chat/99", "/manage/chat/answers/99")} == {404}
    assert marketing.get("/manage/chat/?before=x").status_code == 200
