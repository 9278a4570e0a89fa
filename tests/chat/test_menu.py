"""A menu is checked before WeChat sees it, shown as a phone will show it, published, and compared with what is live."""
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import builders
import pytest
from builders import NOW
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from shop import __main__ as shell
from shop.campaigns import commands as campaigns
from shop.campaigns.rules import marked, unmarked
from shop.campaigns.states import CampaignKind
from shop.chat import menu_rules, menus
from shop.chat.menu_rules import WrongMenu, as_shown, check, first_menu
from shop.gateways.official_account import AccountRefused
from shop.sandbox import Sandbox
from shop.web.wiring import wiring

LEAF = {"name": "商城", "type": "view", "url": "/"}


def published(box: Sandbox) -> Any:
    return box.control.menus().get(box.world.keys.numbers.app_id)


@pytest.fixture
def manager(client: FlaskClient) -> FlaskClient:
    builders.sign_in_staff(client, builders.a_staff_member("boss", "a good long password"))
    return client


def test_the_first_menu_is_one_that_wechat_takes_and_leads_where_travellers_want(app: Flask, box: Sandbox) -> None:
    menus.publish(menus.present(), wiring().account, "https://shop.example", by="staff:1", now=NOW)

    live = published(box)["button"]
    assert [one["name"] for one in live] == ["免税商城", "我的订单", "客服/帮助"]
    assert (live[0]["url"], live[1]["url"]) == ("https://shop.example/", "https://shop.example/orders/")
    assert menus.compare(menus.present(), wiring().account, "https://shop.example").same
    assert not menus.compare(menus.present(), wiring().account, "https://other.example").same


def test_before_anything_was_published_there_is_nothing_live(app: Flask) -> None:
    found = menus.compare(menus.present(), wiring().account, "https://shop.example")

    assert (found.live, found.same) == (None, False)


@pytest.mark.parametrize(("content", "place", "code"), [
    ([], "menu", "no_buttons"), ({}, "menu", "no_buttons"), ({"button": []}, "menu", "no_buttons"), ({"button": "x"}, "menu", "no_buttons"),
    ({"button": [LEAF] * 4}, "menu", "too_many_buttons"), ({"button": ["x"]}, "0", "wrong_choice"),
    ({"button": [LEAF | {"name": "免税商城免税"}]}, "0.name", "too_long"), ({"button": [LEAF | {"name": " "}]}, "0.name", "missing"),
    ({"button": [LEAF | {"name": "a\nb"}]}, "0.name", "too_long"), ({"button": [LEAF | {"type": "magic"}]}, "0.type", "wrong_choice"),
    ({"button": [{"name": "a", "type": "click"}]}, "0.key", "missing"),
    ({"button": [{"name": "a", "type": "click", "key": "k" * 129}]}, "0.key", "too_long"),
    ({"button": [LEAF | {"url": "/" + "x" * 1024}]}, "0.url", "too_long"),
    ({"button": [LEAF | {"url": "javascript:alert(1)"}]}, "0.url", "wrong_link"),
    ({"button": [LEAF | {"url": "//elsewhere.example"}]}, "0.url", "wrong_link"),
    ({"button": [LEAF | {"url": "http://a.example"}]}, "0.url", "wrong_link"),
    ({"button": [LEAF | {"url": "https://u@a.example"}]}, "0.url", "wrong_link"),
    ({"button": [LEAF | {"url": "https://[x"}]}, "0.url", "wrong_link"),
    ({"button": [{"name": "a", "sub_button": [LEAF] * 6}]}, "0", "too_many_below"),
    ({"button": [{"name": "a", "sub_button": [LEAF | {"sub_button": [LEAF]}]}]}, "0.0", "too_deep"),
    ({"button": [{"name": "a", "sub_button": [LEAF | {"name": "长" * 21}]}]}, "0.0.name", "too_long"),
    ({"button": [{"name": "a", "sub_button": [LEAF | {"url": f"https://{n}.example/"} for n in range(4)]}]}, "menu", "too_many_domains"),
    ({"button": [{"name": "a", "type": "miniprogram", "url": "https://a.example", "appid": "wx1"}]}, "0.pagepath", "missing"),
])  # fmt: skip
def test_a_menu_that_wechat_would_refuse_is_refused_where_it_is_wrong(content: Any, place: str, code: str) -> None:
    with pytest.raises(WrongMenu) as refused:
        check(content)

    assert refused.value.fields[place] == [code]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["button", "name", "type", "url", "key", "sub_button"]), inner, max_size=4), max_leaves=12)


@given(JSON)
def test_any_json_is_taken_or_refused_and_never_a_fault(content: Any) -> None:
    with suppress(WrongMenu):
        check(content)
        assert as_shown(content)


def test_what_we_take_the_sandbox_takes_too_and_what_it_refuses_changes_nothing(app: Flask, box: Sandbox) -> None:
    menus.publish(menus.present(), wiring().account, "https://shop.example", by="staff:1", now=NOW)
    before = published(box)
    box.control.fault("errcode", path="/cgi-bin/menu/create", errcode=40054, message="invalid sub button url domain")

    with pytest.raises(AccountRefused) as refused:
        menus.publish(menus.present(), wiring().account, "https://other.example", by="staff:1", now=NOW)

    assert refused.value.errcode == 40054
    assert published(box) == before


def test_a_phone_cuts_long_names(app: Flask) -> None:
    shown = as_shown({"button": [LEAF | {"name": "免税商城啊"}, LEAF | {"name": "Shop now"}]})

    assert [(one.seen, one.cut) for one in shown] == [("免税商城…", True), ("Shop now", False)]


def test_what_wechat_gives_back_with_empty_fields_is_still_the_same() -> None:
    mine = first_menu()["button"]
    theirs = [{**one, "sub_button": [dict(leaf, sub_button=[]) for leaf in one.get("sub_button", [])]} for one in mine]

    assert menu_rules.alike(mine, theirs)
    assert not menu_rules.alike(mine, mine[:2])
    assert not menu_rules.alike(mine, None)


def form(content: dict[str, Any] | None = None, **changes: str) -> dict[str, str]:
    from shop.web.backoffice.menu import typed_of

    return {**(typed_of(content or first_menu()) or {}), "seen": "0", **changes}


def test_the_form_saves_and_publishes_a_menu_and_says_what_is_live(manager: FlaskClient, box: Sandbox) -> None:
    page = manager.get("/manage/menu/?lang=en").text
    assert "There is no menu at WeChat" in page

    saved = manager.post("/manage/menu/", data=form(**{"0_name": "商城", "2_4_name": ""}), follow_redirects=True).text
    assert "Travellers see it once it is published" in saved
    assert published(box) is None

    after = manager.post("/manage/menu/publish", follow_redirects=True).text
    assert "WeChat has this menu" in after
    assert published(box)["button"][0] == {"name": "商城", "type": "view", "url": "http://localhost/"}
    assert len(published(box)["button"][2]["sub_button"]) == 4


def test_what_was_typed_stays_and_every_mistake_stands_by_its_field(manager: FlaskClient) -> None:
    wrong = {"0_name": "免税商城免税商城", "1_target": "ftp://x", "2_0_name": "", "2_0_target": "/x", "2_0_does": "page"}

    answer = manager.post("/manage/menu/?lang=en", data=form(**wrong))

    assert answer.status_code == 400
    for field in ("0_name", "1_target", "2_0_name"):
        assert f'id="{field}-error"' in answer.text
    assert 'value="免税商城免税商城"' in answer.text
    assert menus.saved() == []


def test_a_menu_of_another_kind_is_edited_as_json(manager: FlaskClient) -> None:
    content = {"button": [{"name": "小程序", "type": "miniprogram", "url": "https://a.example", "appid": "wx1", "pagepath": "p"}]}

    page = manager.post("/manage/menu/", data={"json": json.dumps(content), "seen": "0"}, follow_redirects=True)
    broken = manager.post("/manage/menu/?lang=en", data={"json": "{", "seen": "1"})

    assert "0_name" not in page.text
    assert "miniprogram" in page.text
    assert (broken.status_code, "This is no JSON" in broken.text) == (400, True)
    assert menus.present().content == content


def test_who_saves_over_somebody_else_s_menu_is_told(manager: FlaskClient) -> None:
    menus.save(first_menu(), seen=0, by="staff:9", now=NOW)

    answer = manager.post("/manage/menu/?lang=en", data=form(**{"0_name": "Mine"}))

    assert (answer.status_code, "Somebody has saved another menu" in answer.text) == (409, True)
    assert 'value="Mine"' in answer.text


def test_without_an_answer_from_wechat_the_page_still_opens(manager: FlaskClient, box: Sandbox) -> None:
    box.control.fault("errcode", path="/cgi-bin/menu", errcode=48001, count=0)

    assert "This account has no right to do that" in manager.get("/manage/menu/?lang=en").text


@pytest.fixture
def command(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setattr(shell, "_app", lambda: app)
    return lambda *words: shell.main(["menu", *words])


def test_the_command_publishes_a_file_and_checks_without_changing(
    command: Callable[..., int], box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "menu.json"
    file.write_text(json.dumps({"button": [LEAF]}), "utf-8")

    assert command("publish", "--check", "--file", str(file)) == 1
    assert published(box) is None
    assert command("publish", "--file", str(file)) == 0
    assert published(box)["button"][0]["name"] == "商城"
    assert command("publish", "--check") == 0
    assert command("show") == 0
    assert '"商城"' in capsys.readouterr().out


def test_the_command_names_what_is_wrong_with_a_file(
    command: Callable[..., int], box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "menu.json"
    file.write_text(json.dumps({"button": [LEAF | {"name": "免税商城免税商城"}]}), "utf-8")

    assert command("publish", "--file", str(file)) == 1
    assert "0.name: too_long" in capsys.readouterr().err
    file.write_text("{", "utf-8")
    assert command("publish", "--file", str(file)) == 1
    assert published(box) is None
    assert menus.saved() == []


@pytest.fixture
def campaign(app: Flask) -> str:
    campaigns.create(CampaignKind.ARTICLE, "Autumn", "/", "autumn", "staff:1", NOW)
    return campaigns.create(CampaignKind.MENU, "New in the menu", "/categories/wine", "m-new", "staff:1", NOW)


def test_a_campaign_is_chosen_for_an_entry_and_its_mark_goes_to_wechat(manager: FlaskClient, campaign: str, box: Sandbox) -> None:
    page = manager.get("/manage/menu/?lang=en").text
    assert page.index("New in the menu (m-new)") < page.index("Autumn (autumn)"), "those for the menu come first"

    typed = {"0_campaign": campaign, "1_campaign": "autumn", "1_target": "/orders/?state=paid#top"}
    manager.post("/manage/menu/", data=form(**{**typed, "0_target": ""}))
    manager.post("/manage/menu/publish")
    again = manager.get("/manage/menu/").text

    assert [one["url"] for one in published(box)["button"][:2]] == [
        "http://localhost/categories/wine?c=m-new", "http://localhost/orders/?state=paid&c=autumn#top"]
    assert '<option value="m-new" selected>' in again
    assert 'value="/categories/wine"' in again, "the mark is in the choice, not in the address"
    assert "?c=" not in again.partition("<details")[0]


def test_another_campaign_takes_the_place_of_the_first_and_none_takes_it_away(manager: FlaskClient, campaign: str) -> None:
    def urls() -> list[str]:
        return [one["url"] for one in menus.present().content["button"][:2]]

    manager.post("/manage/menu/", data=form(**{"0_campaign": campaign, "0_target": "/?c=autumn"}))
    assert urls()[0] == "/?c=m-new"
    manager.post("/manage/menu/", data=form(**{"0_campaign": "", "0_target": "/", "seen": "1"}))
    assert urls()[0] == "/"


@pytest.mark.parametrize("wrong", [
    {"0_campaign": "nobody-s"}, {"0_campaign": "over"}, {"0_campaign": "m-new", "0_target": "https://other.example/"},
    {"0_campaign": "m-new", "0_target": "//other.example/"}, {"0_campaign": "m-new", "0_does": "hours"},
])
def test_what_no_campaign_can_count_is_said_at_its_field(manager: FlaskClient, campaign: str, wrong: dict[str, str]) -> None:
    campaigns.create(CampaignKind.LINK, "Over", "/", "over", "staff:1", NOW)
    campaigns.end("over", "staff:1", NOW)

    answer = manager.post("/manage/menu/?lang=en", data=form(**wrong))

    assert answer.status_code == 400
    assert 'id="0_campaign-error"' in answer.text
    assert "A campaign counts only pages of the shop." in answer.text
    assert menus.saved() == []


@given(st.text("/?&=#cab-x", max_size=12).map(lambda text: "/" + text), st.sampled_from(["autumn", "m-1"]))
def test_an_address_gets_one_mark_and_gives_it_back(path: str, mark: str) -> None:
    plain, before = unmarked(path)

    assert unmarked(marked(path, mark))[1] == mark
    assert unmarked(plain) == (plain, "")
    assert before == "" or f"c={before}" in path
