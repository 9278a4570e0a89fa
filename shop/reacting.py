"""What happens after something was announced: one table of reactions, each its own delivery, tried until it is done.

A reaction re-reads the truth and is harmless twice. Those written here bring together what rooms do not know of each other.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import structlog
from flask import current_app

from shop.base import versions
from shop.base.ids import OrderId, TravellerId
from shop.campaigns import commands as campaigns
from shop.campaigns import posters, publishing
from shop.campaigns import queries as campaign_queries
from shop.campaigns import sending as mass_sending
from shop.campaigns.drafting import Desk
from shop.catalogue import events as catalogue_events
from shop.catalogue import pictures
from shop.chat import answering
from shop.chat import events as chat_events
from shop.contracts import events as contract_events
from shop.contracts import posting
from shop.exchange import applying, checking
from shop.exchange import events as exchange_events
from shop.gateways.official_account import send_text
from shop.messaging import addresses
from shop.messaging import events as messaging_events
from shop.messaging import hearing as message_hearing
from shop.messaging import planning as telling
from shop.orders import events as order_events
from shop.payments import commands as payments
from shop.payments import events as payment_events
from shop.payments import refund_asking, refunding
from shop.people import following
from shop.pickup import events as pickup_events
from shop.policies import queries as policies
from shop.web import chat_words
from shop.web.wiring import Wiring

LOG = structlog.get_logger("shop.worker")


def make_picture_sizes(picture_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """The sizes of a picture that was uploaded, in the folder of the settings."""
    wiring: Wiring = current_app.extensions["shop"]
    pictures.make_sizes(picture_id, Path(wiring.settings.picture_folder), now)


def acknowledge_withdrawal(withdrawal_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """The acknowledgement of a withdrawal, by mail where an address was given."""
    wiring: Wiring = current_app.extensions["shop"]
    posting.acknowledge(withdrawal_id, policies.seller(versions.day_of(now)), wiring.ways.post, now)


def send_letter(letter_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """An order's confirmation by mail."""
    wiring: Wiring = current_app.extensions["shop"]
    posting.send_letter(letter_id, policies.seller(versions.day_of(now)), wiring.ways.post, now)


def ask_for_address(traveller_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """A letter to an address that a traveller gave, with a link to say that it is theirs."""
    wiring: Wiring = current_app.extensions["shop"]
    view = addresses.address_of(TravellerId(traveller_id))
    if view is None or view.confirmed_at is not None or wiring.ways.post is None:
        return
    subject, text = addresses.letter(view, f"{wiring.settings.public_url}/mail/{view.key}", wiring.settings.shop_name)
    wiring.ways.post.send(view.address, subject, text)
    LOG.info("asked whether the address is theirs", traveller=traveller_id, at=now.isoformat())


def answer_chat(_follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """The answer to what somebody wrote or tapped in the chat of an account, when a rule knows one."""
    wiring: Wiring = current_app.extensions["shop"]

    def send(app_id: str, openid: str, text: str) -> None:
        send_text(wiring.content if app_id == wiring.content.app_id else wiring.account, openid, text)

    answering.answer(int(str(facts["entry"])), chat_words.say, send, now)


def note_scan(follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """Somebody has scanned a code of the account: when it is a campaign's, they came through it. Harmless twice."""
    mark = posters.mark_of(str(facts.get("scene") or ""))
    if mark is not None:
        follower = following.follower(follower_id)
        campaigns.scanned(follower.app_id, follower.openid, mark, now)


def credit_follower(order_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """A paid order counts for the poster that its traveller has scanned in WeChat."""
    campaigns.credit_follower(OrderId(order_id), now)


def hear_publication(_follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """WeChat says that a publication has ended; what it says is asked for, as an event may be a forgery of an old one."""
    if campaign_queries.article_of_publish(str(facts.get("publish_id") or "")) is not None:
        publishing.follow(desk(), now)


def hear_mass_send(_follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """WeChat says how many a mass send has reached. Raises EndTooEarly."""
    total, reached = (int(word) if (word := str(facts.get(name) or "")[:9]).isdecimal() else 0 for name in ("total", "sent"))
    mass_sending.heard(str(facts.get("msg_id") or ""), reached, max(0, total - reached), desk(), now)


def desk() -> Desk:
    """What articles are written and sent with: the content account, or the Service Account where there is no other."""
    wiring: Wiring = current_app.extensions["shop"]
    account = wiring.content if wiring.content.configured else wiring.account
    return Desk(account, wiring.settings.public_url, Path(wiring.settings.picture_folder))


# What happens after something was announced. Each reaction is its own delivery, tried until it is done.
Reaction = Callable[[int, Mapping[str, object], datetime], None]
REACTIONS: Mapping[str, Mapping[str, Reaction]] = {
    chat_events.MESSAGE_ARRIVED: {"reacting.answer_chat": answer_chat},
    chat_events.CLICKED: {"reacting.answer_chat": answer_chat},
    chat_events.FOLLOWED: {
        "reacting.answer_chat": answer_chat, "reacting.note_scan": note_scan, "messaging.tell_after_all": message_hearing.tell_after_all,
    },
    chat_events.SCANNED: {"reacting.note_scan": note_scan, "messaging.tell_after_all": message_hearing.tell_after_all},
    chat_events.TEMPLATE_FINISHED: {"messaging.take_result": message_hearing.take_result},
    chat_events.MASS_SEND_FINISHED: {"reacting.hear_mass_send": hear_mass_send},
    chat_events.PUBLISH_FINISHED: {"reacting.hear_publication": hear_publication},
    exchange_events.TO_CHECK: {"exchange.check": checking.check},
    exchange_events.TO_APPLY: {"exchange.apply": applying.apply},
    catalogue_events.BACK_IN_STOCK: {"messaging.tell_back_in_stock": telling.tell_back_in_stock},
    catalogue_events.PICTURE_ADDED: {"reacting.make_picture_sizes": make_picture_sizes},
    order_events.PAID: {"messaging.tell_paid": telling.tell_paid, "reacting.credit_follower": credit_follower},
    order_events.MOVED: {"messaging.tell_moved": telling.tell_moved},
    order_events.DELAYED: {"messaging.tell_delayed": telling.tell_delayed},
    pickup_events.READY: {"messaging.tell_ready": telling.tell_ready},
    payment_events.REFUND_ASKED: {"messaging.tell_refund_asked": telling.tell_refund_asked},
    payment_events.REFUNDED: {"messaging.tell_refunded": telling.tell_refunded},
    messaging_events.ADDRESS_GIVEN: {"reacting.ask_for_address": ask_for_address},
    payment_events.NEEDS_A_PERSON: {"payments.alarm_a_person": payments.alarm_a_person},
    payment_events.REFUND_DUE: {"payments.send_back": refunding.send_back},
    payment_events.REFUND_ABNORMAL: {"payments.alarm_a_person": payments.alarm_a_person},
    contract_events.WITHDRAWN: {"reacting.acknowledge_withdrawal": acknowledge_withdrawal},
    contract_events.LETTER_ASKED: {"reacting.send_letter": send_letter},
    pickup_events.PARTLY_COLLECTED: {"payments.refund_missing": refund_asking.refund_missing},
}
# Announced, and nobody needs to hear it yet.
UNHEARD = frozenset(
    {
        order_events.PLACED, order_events.COLLECTED, order_events.CANCELLED, order_events.EXPIRED,
        pickup_events.UNDONE, pickup_events.CONFLICT, chat_events.UNFOLLOWED, chat_events.VIEWED,
    }
)  # fmt: skip
