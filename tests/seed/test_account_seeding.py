"""The accounts of the example shop: WeChat would take all of it, it says nothing that is frowned upon, and what people made stays."""
from collections.abc import Iterator
from pathlib import Path

import builders
import pytest
from builders import NOW
from flask import Flask
from flask.testing import FlaskClient

from shop import account_seeding, seed
from shop.base import versions
from shop.campaigns import drafting, queries
from shop.campaigns.drafting import Desk
from shop.chat import keeping, menus, rules
from shop.chat.states import Topic
from shop.gateways.official_account import OfficialAccount
from shop.policies import queries as policies
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings

SKUS = ("SP-0003", "PE-0002", "SK-0002", "CO-0004")


@pytest.fixture
def account(running_sandbox: Sandbox) -> Iterator[OfficialAccount]:
    env = running_sandbox.env
    settings = OfficialAccountSettings(
        app_id=env["WECHAT_APP_ID"], secret=env["WECHAT_APP_SECRET"], api_url=running_sandbox.url, open_url=running_sandbox.url
    )
    yield OfficialAccount(settings, pause=lambda seconds: None)
    running_sandbox.control.reset()


@pytest.fixture
def said(app: Flask, account: OfficialAccount) -> list[str]:
    said: list[str] = []
    for sku in SKUS:
        builders.a_product(sku)
    account_seeding.put_example_accounts(account, NOW, said.append)
    return said


def test_the_menu_is_saved_for_somebody_to_publish_and_wechat_takes_it(said: list[str], account: OfficialAccount) -> None:
    saved = menus.present()
    assert (saved.id, saved.published_at) == (1, None)

    menus.publish(saved, account, "https://shop.example", by="staff:1", now=NOW)

    assert menus.compare(saved, account, "https://shop.example").same
    assert {one["name"] for one in saved.content["button"]} == {"免税商城", "我的订单", "客服帮助"}
    assert queries.known(["menu-autumn"]), "the mark of an entry is a campaign's"


def test_the_article_can_be_sent_as_it_is_and_nothing_of_it_is_frowned_upon(
    said: list[str], account: OfficialAccount, tmp_path: Path
) -> None:
    (article,) = queries.articles()
    whole = queries.article(article.id)

    looked = drafting.check_ready(whole, NOW)
    text = drafting.bring(whole, Desk(account, "https://shop.example", tmp_path), NOW)

    assert looked.hints == ()
    assert text.content.count("长按识别二维码") == 2 * len(SKUS), "said, and as the words of the picture"
    assert [(one.width, one.height) for one in whole.pictures] == [(1080, 460), (1080, 360)]
    assert set(SKUS) == {sku for sku in SKUS if sku in whole.body}


def test_the_chat_answers_and_somebody_reads_along_at_any_hour(said: list[str]) -> None:
    assert rules.open_at(keeping.hours_now(), NOW)
    kept = [rules.Keyworded(one.id, Topic(one.topic) if one.topic else None, tuple(one.keywords)) for one in keeping.answers()]
    names = {one.id: one.name for one in keeping.answers()}

    for asked, found in [("转机能带香水吗", "液体与转机"), ("How can I pay?", "怎么付款"), ("Wo ist die Rechnung", "收据")]:
        assert names[rules.about(asked, kept).answer_id or 0] == found
    assert rules.about("能带几瓶酒", kept).topic is Topic.ALLOWANCE


def test_every_moment_but_advertising_has_a_template(said: list[str]) -> None:
    day = versions.day_of(NOW)
    chosen = {moment for moment, value in policies.every("template", day).items() if value["template_id"]}

    assert chosen == {one for choice in seed.accounts()["templates"] for one in choice["moments"]}
    assert "back_in_stock" not in chosen


def test_what_somebody_has_made_stays_when_it_is_put_again(said: list[str], account: OfficialAccount) -> None:
    keeping.set_hours({"1": "09:00-10:00"}, "staff:1", NOW)
    before = (menus.saved(), keeping.answers(), keeping.hours_now(), queries.articles(), queries.listed())

    account_seeding.put_example_accounts(None, NOW, said.append)

    assert (menus.saved(), keeping.answers(), keeping.hours_now(), queries.articles(), queries.listed()) == before
    assert said[-1].endswith("0 templates for messages")


def test_marketing_finds_it_on_their_pages(said: list[str], client: FlaskClient) -> None:
    builders.sign_in_staff(client, builders.a_staff_member("boss", "a good long password"))
    (article,) = queries.articles()

    assert "秋冬护肤" in client.get("/manage/menu/").text
    assert "液体与转机" in client.get("/manage/chat/answers").text
    assert article.title in client.get("/manage/campaigns/articles/").text
    assert client.get(f"/manage/campaigns/articles/{article.id}").status_code == 200
