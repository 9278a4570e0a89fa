"""A message as it would go out at this moment: whether it is still true, through which channel, in which words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from shop.base.db import reading
from shop.base.ids import OrderId
from shop.base.money import Currency, Money
from shop.base.versions import day_of
from shop.catalogue.models import Product
from shop.messaging import reaching, rules, wording
from shop.messaging.queries import Waiting
from shop.messaging.reaching import Person
from shop.messaging.rules import Reach
from shop.messaging.states import Channel, Moment, Reason
from shop.messaging.wording import Facts
from shop.orders import queries as orders
from shop.orders.queries import OrderView
from shop.payments import refund_queries
from shop.pickup import queries as pickup
from shop.policies import queries as policies
from shop.policies.wechat_fields import UnfitField

PRODUCTS: Any = Product.__table__


class Draft(Struct, frozen=True):
    """`channel` None: it is not sent, for `reason`. `kept` is what the books may show of it."""

    channel: Channel | None
    reason: Reason | None = None
    to: str = ""
    subject: str = ""
    text: str = ""
    template_id: str | None = None
    fields: dict[str, str] = field(default_factory=dict)
    link: str = ""
    kept: dict[str, Any] | None = None


def draft(message: Waiting, public_url: str, *, mail: bool, account: bool, now: datetime) -> Draft:
    """What to send now. `mail`, `account`: whether the shop has such a way at all."""
    person = reaching.person(message.traveller_id, now)
    if person is None or person.erased:
        return Draft(None, Reason.FORGOTTEN)
    order = orders.order_by_id(message.order_id) if message.order_id is not None else None
    if order is not None and not rules.still_true(message.moment, order.state, order.departs_at, message.planned_at, now):
        return Draft(None, message.reason or Reason.OVERTAKEN)
    facts, path = _facts(message, order, now)
    if facts is None:
        return Draft(None, Reason.OVERTAKEN)
    day = day_of(now)
    template = policies.every("template", day)[message.moment.value]
    said = policies.message(message.moment.value, message.language, day)
    overseas = bool(policies.messaging(day)["overseas"])
    tried = {**message.tried, **({} if account else dict.fromkeys((rules.CS, rules.TEMPLATE), Reason.NOT_ALLOWED))}
    if message.only is not None:
        tried |= {channel: Reason.NO_TEMPLATE for channel in Channel if channel is not message.only}
    while True:
        reach = Reach(person.follower, person.window, bool(template["template_id"]), mail and person.email is not None)
        choice = rules.choose(message.moment, reach, tried)
        if choice.channel is None:
            return Draft(None, choice.reason)
        try:
            return _in_words(choice.channel, person, said, template, facts, public_url + path, overseas)
        except UnfitField:
            tried |= {choice.channel: Reason.WRONG_FIELDS}


def _in_words(
    channel: Channel, person: Person, said: Mapping[str, Any], template: Mapping[str, Any], facts: Facts, link: str, overseas: bool
) -> Draft:
    """Raises UnfitField."""
    if channel is Channel.TEMPLATE:
        fields = wording.fields(template["fields"], said["thing"], facts)
        kept = wording.fields(template["fields"], said["thing"], facts, hidden=True)
        # A template message of an account of a company abroad leads nowhere: WeChat ignores the link.
        there = "" if overseas else link
        return Draft(channel, to=person.openid, template_id=template["template_id"], fields=fields, link=there, kept={"fields": kept})
    body, hidden = wording.text(said["body"], facts), wording.text(said["body"], facts, hidden=True)
    to = str(person.email) if channel is Channel.MAIL else person.openid
    subject = wording.text(said["thing"], facts, hidden=True)
    return Draft(channel, to=to, subject=subject, text=f"{body}\n{link}", link=link, kept={"body": f"{hidden}\n{link}"})


def _facts(message: Waiting, order: OrderView | None, now: datetime) -> tuple[Facts | None, str]:
    """What the message can say, and where it leads; None when what it is about is gone."""
    if order is None:
        return _of_product(message, now)
    more: dict[str, str | Money] = {}
    if "refund_id" in message.facts:
        known = _refund(order, int(message.facts["refund_id"]))
        if known is None:
            return None, ""
        more = known
    return wording.of_order(order, _code(order.id), now, **more), f"/orders/{order.number}"


def _code(order_id: OrderId) -> str | None:
    try:
        return pickup.ticket_of(order_id).code
    except pickup.NoPickupCode:
        return None


def _refund(order: OrderView, refund_id: int) -> dict[str, str | Money] | None:
    refund = next((one for one in refund_queries.refunds_of(order.id) if one.id == refund_id), None)
    if refund is None:
        return None
    known = refund.currency in set(Currency)
    amount = Money(refund.amount_minor, Currency(refund.currency)) if known else f"{refund.amount_minor / 100:.2f} {refund.currency}"
    lines = {line.position: line for line in order.lines}
    return {"amount": amount, "name": wording.named(lines, dict(refund.lines), order.language) or order.number}


def _of_product(message: Waiting, now: datetime) -> tuple[Facts | None, str]:
    if message.moment is not Moment.BACK_IN_STOCK:
        return None, ""
    with reading() as session:
        row = session.execute(PRODUCTS.select().where(PRODUCTS.c.sku == str(message.facts["sku"]))).first()
    if row is None:
        return None, ""
    name = getattr(row, f"name_{message.language}", None) or row.name_zh
    return wording.of_product(name, message.language, now), f"/products/{row.sku}"
