"""Fills the accounts of the example shop: a menu, answers of the chat, its service hours, an article, campaigns, templates.

For a demonstration and for trying things out. What somebody has made already is left alone; nothing is published.
"""

from collections.abc import Callable
from datetime import datetime

from shop import seed
from shop.base import versions
from shop.campaigns import commands as campaigns
from shop.campaigns import queries as campaign_queries
from shop.campaigns import writing
from shop.campaigns.states import CampaignKind
from shop.chat import keeping, menus
from shop.gateways.official_account import AccountError, OfficialAccount, templates
from shop.policies import commands as settings
from shop.policies import queries as policies
from shop.seed import covers

BY = "system"


def put_example_accounts(account: OfficialAccount | None, now: datetime, say: Callable[[str], None]) -> None:
    """All of it. Harmless twice. `account`: whose templates are chosen for messages, by their titles."""
    data = seed.accounts()
    _put_campaigns(data, now)
    if not menus.saved(limit=1):
        menus.save(data["menu"], seen=None, by=BY, now=now)
    _put_answers(data, now)
    _put_article(data["article"], now)
    chosen = _choose_templates(data, account, now)
    say(f"a menu to publish, {len(keeping.answers())} answers of the chat, an article, {chosen} templates for messages")


def _put_campaigns(data: seed.Accounts, now: datetime) -> None:
    known = campaign_queries.known([one["mark"] for one in data["campaigns"]])
    for one in data["campaigns"]:
        if one["mark"] not in known:
            campaigns.create(CampaignKind(one["kind"]), one["title"], one["target"], one["mark"], BY, now)


def _put_answers(data: seed.Accounts, now: datetime) -> None:
    if not keeping.hours_now():
        keeping.set_hours(dict.fromkeys(keeping.WEEKDAYS, data["hours"]), BY, now)
    if keeping.answers():
        return
    for one in data["answers"]:
        texts = {"zh": one["zh"], "en": one["en"], "de": one["de"]}
        keeping.keep(None, name=one["name"], topic=one["topic"], keywords=one["keywords"], texts=texts, active=True, by=BY, now=now)


def _put_article(article: seed.Article, now: datetime) -> None:
    if campaign_queries.articles() or campaign_queries.articles(archived=True):
        return
    products = {one["sku"]: one for one in seed.load().products}
    made = writing.begin(article["title"], BY, now)
    cover = writing.add_picture(made, covers.sky(), BY, now)
    writing.add_picture(made, covers.side_by_side([products[sku] for sku in article["products"]]), BY, now)
    text = writing.Text(article["title"], article["author"], article["digest"], seed.article_text(), article["target"], cover)
    writing.save(made, campaign_queries.article(made).revision, text, BY, now)


def _choose_templates(data: seed.Accounts, account: OfficialAccount | None, now: datetime) -> int:
    """Templates of the account by their titles, for moments that have none; answers for how many moments."""
    if account is None:
        return 0
    try:
        there = {one.title: one.template_id for one in templates(account)}
    except AccountError:
        return 0
    day, count = versions.day_of(now), 0
    for one in data["templates"]:
        for moment in one["moments"] if one["title"] in there else ():
            if not policies.present("template", moment, day).value["template_id"]:
                value = {"template_id": there[one["title"]], "fields": one["fields"]}
                settings.change("template", moment, value, seen=None, by=BY, now=now)
                count += 1
    return count
