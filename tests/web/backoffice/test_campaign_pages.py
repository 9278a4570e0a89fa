"""Marketing's pages: campaigns and posters, articles, mass sends, purchase prices; with the sandbox as WeChat."""

import re
from collections.abc import Iterator
from io import BytesIO

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from PIL import Image

from shop.campaigns import queries
from shop.campaigns.states import ArticleState, SendState
from shop.people.rights import Grant, Role
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings, Settings

BASE = "/manage/campaigns/"


@pytest.fixture
def box(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.control.press(seconds=0)
    yield running_sandbox
    running_sandbox.control.reset()


@pytest.fixture
def settings(settings: Settings, box: Sandbox) -> Settings:
    env = box.env
    both = {"api_url": box.url, "open_url": box.url}
    return replace(
        settings,
        account=OfficialAccountSettings(app_id=env["WECHAT_APP_ID"], secret=env["WECHAT_APP_SECRET"], **both),
        content=OfficialAccountSettings(app_id=env["WECHAT_CONTENT_APP_ID"], secret=env["WECHAT_CONTENT_APP_SECRET"], **both),
    )


@pytest.fixture
def office(client: FlaskClient) -> FlaskClient:
    """Signed in with marketing's rights alone."""
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MARKETING), name="mei"), "made-by-a-page")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def picture() -> tuple[BytesIO, str]:
    out = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "PNG")
    out.seek(0)
    return out, "autumn.png"


@pytest.fixture
def article_id(office: FlaskClient) -> int:
    """An article that can be sent."""
    builders.a_product("SP-0001")
    answer = office.post(f"{BASE}articles/", data={"title": "秋日好物"})
    found = int(re.findall(r"/articles/(\d+)", answer.headers["Location"])[0])
    words = {"title": "秋日好物", "author": "小王", "digest": "免税", "target": "/products/SP-0001", "body": "你好\n\n[[SP-0001]]"}
    office.post(f"{BASE}articles/{found}", data={"revision": "1", **words, "picture": picture()})
    return found


def said(article_id: int, **changed: str) -> dict[str, str]:
    one = queries.article(article_id)
    return {
        "revision": str(one.revision), "title": one.title, "author": one.author, "digest": one.digest, "target": one.target, "cover": "1",
        "body": one.body, **changed,
    }  # fmt: skip


def do(office: FlaskClient, article_id: int, what: str, **more: str) -> str:
    sent = {"do": what, "revision": str(queries.article(article_id).revision), **more}
    return office.post(f"{BASE}articles/{article_id}/do", data=sent, follow_redirects=True).text


def test_a_campaign_is_made_with_its_links_and_its_code(office: FlaskClient) -> None:
    answer = office.post(BASE, data={"kind": "poster", "title": "Gate B42", "target": "/", "mark": "gate-b42"}, follow_redirects=True)

    assert answer.status_code == 200
    assert "http://localhost/?c=gate-b42" in answer.text
    assert "http://localhost/go/gate-b42" in answer.text
    assert office.get(f"{BASE}links/gate-b42/code.svg").data.startswith(b"<?xml")
    assert office.get(f"{BASE}links/gate-b42/code.png").data.startswith(b"\x89PNG")
    assert "微信扫一扫" in office.get(f"{BASE}links/gate-b42/poster").text
    assert "Gate B42" in office.get(BASE).text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"mark": "Not A Mark"}, "small letters"), ({"mark": "gate-b42"}, "never used twice"),
     ({"target": "//evil.example"}, "page of the shop, like"), ({"title": ""}, "fill in"), ({"kind": "article"}, "choose one of the list")],
)  # fmt: skip
def test_a_wrong_campaign_keeps_what_was_typed(office: FlaskClient, wrong: dict[str, str], words: str) -> None:
    office.post(BASE, data={"kind": "poster", "title": "First", "target": "/", "mark": "gate-b42"})

    answer = office.post(BASE, data={"kind": "poster", "title": "Second one", "target": "/", "mark": "gate-c1", **wrong})

    assert answer.status_code in (400, 409, 422)
    assert words in answer.text
    assert len(queries.listed()) == 1
    assert wrong.get("title") == "" or "Second one" in answer.text


def test_the_service_account_makes_a_code_that_brings_followers(office: FlaskClient, box: Sandbox) -> None:
    office.post(BASE, data={"kind": "poster", "title": "Gate", "target": "/", "mark": "gate-b42"})

    answer = office.post(f"{BASE}links/gate-b42", data={"do": "scene"}, follow_redirects=True)

    assert "follows the account" in answer.text
    assert '"scene_str":"c.gate-b42"' in box.control.requests("/cgi-bin/qrcode/create")[0]["body"]


def test_an_account_that_may_make_no_codes_says_so_and_the_link_works(office: FlaskClient, box: Sandbox) -> None:
    office.post(BASE, data={"kind": "poster", "title": "Gate", "target": "/", "mark": "gate-b42"})
    box.control.fault("errcode", path="/cgi-bin/qrcode/create", errcode=48001)

    answer = office.post(f"{BASE}links/gate-b42", data={"do": "scene"})

    assert "works all the same" in answer.text
    assert office.get(f"{BASE}links/gate-b42/code.png").status_code == 200


def test_an_article_goes_its_way_from_the_first_word_to_its_readers(office: FlaskClient, article_id: int, box: Sandbox) -> None:
    assert "Nothing. WeChat would take it" in office.get(f"{BASE}articles/{article_id}").text
    assert "The draft lies with WeChat" in do(office, article_id, "draft")
    assert "on its way to that phone" in do(office, article_id, "preview", wechat_name="wang_xiaoming")
    assert "sent to be published" in do(office, article_id, "publish")

    assert "Read it at WeChat" in do(office, article_id, "look")

    assert queries.article(article_id).state is ArticleState.PUBLISHED
    assert len(box.control.press()["articles"]) == 1


def test_the_paper_is_shown_with_inline_styles_and_no_script_may_run(office: FlaskClient, article_id: int) -> None:
    page, paper = office.get(f"{BASE}articles/{article_id}"), office.get(f"{BASE}articles/{article_id}/paper")

    assert "script" not in paper.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in paper.headers["Content-Security-Policy"]
    assert "style-src-attr 'none'" in page.headers["Content-Security-Policy"]
    assert "€50.00" in paper.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for address in re.findall(r'src="([^"]+)"', paper.text):
        assert office.get(address, follow_redirects=False).status_code in (200, 302)


@pytest.mark.parametrize(
    ("body", "code"),
    [("<script>alert(1)</script>", "foreign_script"), ("[x](https://evil.example)", "link_not_taken"), ("香烟特价", "frowned_never")],
)
def test_what_cannot_be_sent_is_saved_and_said(office: FlaskClient, article_id: int, box: Sandbox, body: str, code: str) -> None:
    office.post(f"{BASE}articles/{article_id}", data=said(article_id, body=body))

    answer = do(office, article_id, "draft")

    assert f'data-problem="{code}"' in answer
    assert "does not get the article" in answer
    assert queries.article(article_id).body == body
    assert box.control.press()["drafts"] == []


def test_hints_name_the_rule_and_its_source(office: FlaskClient, article_id: int) -> None:
    answer = office.post(f"{BASE}articles/{article_id}", data=said(article_id, body="全网第一"), follow_redirects=True)

    assert 'data-hint="superlative"' in answer.text
    assert "Art. 9" in answer.text


def test_huge_text_is_refused_and_given_back(office: FlaskClient, article_id: int) -> None:
    body = "字" * 200_000

    answer = office.post(f"{BASE}articles/{article_id}", data=said(article_id, body=body))

    assert answer.status_code == 400
    assert body in answer.text
    assert "too long" in answer.text
    assert queries.article(article_id).body == "你好\n\n[[SP-0001]]"


@pytest.mark.parametrize("sent", [b"GIF89a....", b"<svg onload=alert(1)>", b"\x00" * 100])
def test_a_file_that_is_no_picture_is_refused_and_the_text_is_kept(office: FlaskClient, article_id: int, sent: bytes) -> None:
    answer = office.post(f"{BASE}articles/{article_id}", data=said(article_id, body="新的一段") | {"picture": (BytesIO(sent), "x.jpg")})

    assert answer.status_code == 400
    assert "The text is saved." in answer.text
    assert queries.article(article_id).body == "新的一段"


def test_who_writes_over_a_colleague_sees_both_texts(office: FlaskClient, article_id: int) -> None:
    mine = said(article_id, body="我的话")
    office.post(f"{BASE}articles/{article_id}", data=said(article_id, body="她的话"))

    answer = office.post(f"{BASE}articles/{article_id}", data=mine)

    assert answer.status_code == 409
    assert "我的话" in answer.text
    assert "她的话" in answer.text
    assert queries.article(article_id).body == "她的话"
    again = re.findall(r'name="revision" value="(\d+)"', answer.text)[0]
    assert office.post(f"{BASE}articles/{article_id}", data={**mine, "revision": again}).status_code == 303


def test_a_mass_send_shows_whom_it_reaches_before_it_goes(office: FlaskClient, article_id: int, box: Sandbox) -> None:
    tag = box.control.add_tag("已同意优惠", others=1200)
    form = office.get(f"{BASE}articles/{article_id}/send")
    assert "1200 followers" in form.text
    assert "0 of 4 this month" in form.text

    sent = {"revision": str(queries.article(article_id).revision), "tag": str(tag), "agreed": "Tapped “offers” in the menu since October"}
    page = office.post(f"{BASE}articles/{article_id}/send", data=sent, follow_redirects=True)
    made = queries.sends()[0]

    assert "goes to 1200 people" in page.text
    assert box.control.press()["sends"] == []
    assert office.post(f"{BASE}sends/{made.id}", data={"do": "confirm"}).status_code == 303
    assert office.post(f"{BASE}sends/{made.id}", data={"do": "confirm"}).status_code == 409
    assert len(box.control.press()["sends"]) == 1
    assert queries.send(made.id).state is SendState.SENT
    assert "1200" in office.get(f"{BASE}sends/").text


def test_a_mass_send_without_an_agreement_is_not_prepared(office: FlaskClient, article_id: int, box: Sandbox) -> None:
    tag = box.control.add_tag("已同意优惠", others=5)

    answer = office.post(f"{BASE}articles/{article_id}/send", data={"revision": "2", "tag": str(tag), "agreed": "yes"})

    assert answer.status_code == 400
    assert "how and since when these people have agreed" in answer.text
    assert queries.sends() == []


def test_when_wechat_is_silent_the_page_says_so(office: FlaskClient, article_id: int, box: Sandbox) -> None:
    box.control.fault("status", path="/cgi-bin/", status=502, count=20)

    answer = do(office, article_id, "draft")

    assert "WeChat does not answer" in answer
    assert queries.article(article_id).state is ArticleState.WRITING


def test_purchase_prices_are_kept_whole_or_not_at_all(office: FlaskClient, app: Flask) -> None:
    builders.a_product("SP-0001")

    wrong = office.post(f"{BASE}costs", data={"from": "2026-11-01", "costs": "SP-0001,20\nSP-0001;x\nNO-1,5"})
    right = office.post(f"{BASE}costs", data={"from": "2026-11-01", "costs": "SP-0001, 20,50\n\n"}, follow_redirects=True)

    assert wrong.status_code == 400
    assert "Line 2:" in wrong.text
    assert "SP-0001;x" in wrong.text
    assert "1 price is kept" in right.text
    assert "1 of 1 products" in right.text


def test_nobody_without_the_right_gets_in(client: FlaskClient, app: Flask) -> None:
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.ACCOUNTANT), name="otto"), "made-by-a-page")

    assert client.get(BASE).status_code == 403
    assert client.get(f"{BASE}articles/").status_code == 403
    assert client.get(f"{BASE}links/../../etc").status_code in (403, 404)


def test_lists_ask_as_much_for_many_as_for_few(office: FlaskClient, statements: list[str]) -> None:
    def count(path: str) -> int:
        statements.clear()
        assert office.get(path).status_code == 200
        return len(statements)

    office.post(BASE, data={"kind": "link", "title": "One", "target": "/"})
    office.post(f"{BASE}articles/", data={"title": "One"})
    few = {path: count(path) for path in (BASE, f"{BASE}articles/", f"{BASE}sends/")}
    for n in range(5):
        office.post(BASE, data={"kind": "link", "title": f"More {n}", "target": "/"})
        office.post(f"{BASE}articles/", data={"title": f"More {n}"})

    assert {path: count(path) for path in few} == few
