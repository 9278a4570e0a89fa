"""What stands in a notice: the content, sealed for the merchant, and the headers that sign it."""
import secrets
from typing import TYPE_CHECKING, Any

from shop.sandbox import refunds
from shop.sandbox.faults import NoticeOptions
from shop.sandbox.orders import STATES, transaction
from shop.sandbox.signing import compact, seal, signature_headers
from shop.sandbox.state import MAINLAND, World, moment

if TYPE_CHECKING:
    from shop.sandbox.notices import Delivery


def make(world: World, delivery: "Delivery") -> tuple[dict[str, str], bytes]:
    """Headers and body of one try: a fresh time and signature each, the same id."""
    options = delivery.options
    spoiled = delivery.forged or delivery.tries <= options.spoil_tries + options.lose_tries
    with world.lock:
        happened, event, summary, content = _content(world, delivery)
    _change(content, delivery.order.dialect, options)
    kind = "refund" if delivery.refund else "transaction"
    api_key = secrets.token_hex(16) if options.wrong_key and spoiled else world.api_v3_key
    resource: dict[str, Any] = {"original_type": kind, **seal(api_key, compact(content), kind)}
    if options.tamper and spoiled:
        first = resource["ciphertext"][0]
        resource["ciphertext"] = ("B" if first == "A" else "A") + resource["ciphertext"][1:]
    body = compact(
        {
            "id": delivery.id,
            "create_time": moment(happened or world.now()),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": summary,
            "resource": resource,
        }
    )
    key = world.signing("notices")
    headers = signature_headers(key, body, world.now(), options.signature if spoiled else "")
    return {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "Mozilla/4.0", **headers}, body


def _content(world: World, delivery: "Delivery") -> tuple[float | None, str, str, dict[str, Any]]:
    """When it happened, the event, its summary, and the content to seal."""
    if refund := delivery.refund:
        content = refunds.content(refund, delivery.status, world.keys.numbers, world.behaviour)
        return refund.success_at, f"REFUND.{delivery.status}", refunds.EVENTS[delivery.status], content
    order = delivery.order
    content = transaction(order, world.keys.numbers, world.behaviour)
    if content["trade_state"] == "REFUND":  # a notice that is late still tells of the payment
        content |= {"trade_state": "SUCCESS", "trade_state_desc": STATES["SUCCESS"]}
    return order.success_at, "TRANSACTION.SUCCESS", STATES["SUCCESS"], content


def _change(content: dict[str, Any], dialect: str, options: NoticeOptions) -> None:
    """Make the content wrong in the ways that were asked for."""
    if options.amount is not None:
        content["amount"]["total"] = options.amount
    if options.refund is not None and "refund" in content["amount"]:
        content["amount"]["refund"] = options.refund
    if options.currency is not None:
        content["amount"]["currency"] = options.currency
    if options.mchid is not None:
        content["mchid" if dialect == MAINLAND else "sub_mchid"] = options.mchid
    if options.trade_state is not None:
        content["refund_status" if "refund_status" in content else "trade_state"] = options.trade_state
