"""What stands on a receipt and on the acknowledgement of a withdrawal, in Chinese and German together, whoever draws it.

Amounts are written as `1299.50 EUR`: the same for every reader, and never to be mistaken.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.money import Currency, Money
from shop.contracts.queries import WithdrawalView
from shop.contracts.states import Course
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments.refund_queries import RefundView, TakenView
from shop.payments.states import GONE_BACK, UNDER_WAY, Verdict

Two = tuple[str, str]  # Chinese, German
CIVIL = ZoneInfo("Europe/Berlin")
SETTLED = (Verdict.SETTLES, Verdict.REVIVES)
S = OrderState
STATES: Mapping[OrderState, Two] = {
    S.AWAITING_PAYMENT: ("待付款", "noch nicht bezahlt"), S.PAID: ("备货中", "bezahlt, wird gepackt"),
    S.PACKING: ("备货中", "bezahlt, wird gepackt"), S.READY: ("待提货", "bezahlt, liegt bereit"), S.COLLECTED: ("已提货", "abgeholt"),
    S.PARTLY_COLLECTED: ("部分提货", "teilweise abgeholt"), S.CANCELLED: ("已取消", "storniert"), S.EXPIRED: ("已过期", "verfallen"),
    S.NO_SHOW: ("未提货", "nicht abgeholt"),
}  # fmt: skip


class Item(Struct, frozen=True):
    """One line of goods. `refunded` of `quantity` were paid back or are about to be."""

    name: Two
    quantity: int
    unit: str
    total: str
    refunded: int = 0


class Paper(Struct, frozen=True):
    """A page to keep. `sender` are the seller's lines; `sums` end with the one that counts."""

    title: Two
    number: str
    sender: tuple[str, ...]
    facts: tuple[tuple[Two, str], ...]
    items: tuple[Item, ...] = ()
    sums: tuple[tuple[Two, str], ...] = ()
    notes: tuple[Two, ...] = ()


def receipt(
    order: OrderView, seller: Mapping[str, Any], taken: Sequence[TakenView], refunds: Sequence[RefundView]
) -> Paper:
    """The confirmation of an order, and the receipt of its payment when there is one."""
    paid = next((one for one in taken if one.verdict in SETTLED), None)
    title = ("订单确认及收据", "Bestellbestätigung und Beleg") if paid else ("订单确认（尚未付款）", "Bestellbestätigung (nicht bezahlt)")
    return Paper(
        title=title, number=order.number, sender=sender(seller), facts=tuple(_facts(order, paid)),
        items=tuple(
            Item(
                (line.name["zh"], line.name["de"]), line.quantity, amount(line.unit_price), amount(line.total), line.refunded
            )
            for line in order.lines
        ),
        sums=_sums(order, paid, refunds),
        notes=(
            *([(seller["vat_note"]["zh"], seller["vat_note"]["de"])] if paid and seller["vat_note"]["de"] else []),
            (
                f"您可以随时免费取消，直到提货为止；提货后 {seller['withdrawal_days']} 天内可以撤回合同（网站页脚“撤回合同”，无需登录）。",
                f"Bis zur Übergabe kostenlos stornierbar, danach {seller['withdrawal_days']} Tage Widerruf (Link am Fuß jeder Seite).",
            ),
            ("法定瑕疵担保责任适用。", "Es gelten die gesetzlichen Mängelrechte."),
        ),
    )  # fmt: skip


def _facts(order: OrderView, paid: TakenView | None) -> list[tuple[Two, str]]:
    zone = ZoneInfo(order.point.tz)
    facts: list[tuple[Two, str]] = [
        (("订单号", "Bestellnummer"), order.number),
        (("状态", "Stand"), " / ".join(STATES[order.state])),
        (("下单时间", "Bestellt"), moment(order.placed_at, zone)),
    ]
    if paid is not None:
        facts.append((("付款时间", "Bezahlt"), moment(paid.paid_at, zone)))
        facts.append((("付款方式", "Zahlungsart"), f"WeChat Pay, {paid.transaction_id}"))
        if paid.payer_minor is not None and paid.payer_currency and paid.payer_currency != paid.currency:
            facts.append((("实付", "Vom Zahler bezahlt"), _plain(paid.payer_minor, paid.payer_currency)))
    if order.collected_at is not None:
        facts.append((("提货时间", "Übergeben"), moment(order.collected_at, zone)))
    return facts + [
        (("旅客", "Reisende Person"), order.traveller_name),
        (("居住国家/地区", "Wohnsitz"), order.residence),
        (("航班", "Flug"), f"{order.flight_number}, {moment(order.departs_at, zone)}, {order.origin}-{order.destination}"),
        (("最终目的地", "Endziel"), order.final_destination),
        (("提货柜台", "Abholschalter"), f"{order.point.code}, {order.terminal}"),
    ]


def _sums(order: OrderView, paid: TakenView | None, refunds: Sequence[RefundView]) -> tuple[tuple[Two, str], ...]:
    sums: list[tuple[Two, str]] = [(("合计", "Summe"), amount(order.total))]
    if paid is None:
        return tuple(sums)
    own = [refund for refund in refunds if refund.payment_id == paid.id]
    back = sum(refund.amount_minor for refund in own if refund.state in GONE_BACK)
    coming = sum(refund.amount_minor for refund in own if refund.state in UNDER_WAY)
    if back or coming:
        sums += [
            (("已付", "Bezahlt"), _plain(paid.amount_minor, paid.currency)),
            *([(("已退款", "Erstattet"), _plain(-back, paid.currency))] if back else []),
            *([(("退款中", "Erstattung läuft"), _plain(-coming, paid.currency))] if coming else []),
            (("余额", "Verbleibt"), _plain(paid.amount_minor - back - coming, paid.currency)),
        ]
    return tuple(sums)


def acknowledgement(withdrawal: WithdrawalView, seller: Mapping[str, Any]) -> Paper:
    """That a declaration was received, when, and what it said. Says nothing of whether there is such an order."""
    facts: list[tuple[Two, str]] = [
        (("收到时间", "Eingegangen"), moment(withdrawal.received_at, CIVIL, seconds=True)),
        (("订单号（按您的填写）", "Bestellnummer (Ihre Angabe)"), withdrawal.order_number),
        (("姓名（按您的填写）", "Name (Ihre Angabe)"), withdrawal.name or "—"),
        (("范围", "Umfang"), withdrawal.wish or "整个合同 / ganzer Vertrag"),
    ]
    if withdrawal.email:
        facts.append((("确认发送至", "Bestätigung an"), withdrawal.email))
    if withdrawal.course is Course.REFUNDED:
        next_step = (
            "订单已取消，全部款项的退款已开始，将原路退回微信支付。",
            "Die Bestellung ist storniert; die Erstattung des ganzen Betrags über WeChat Pay ist begonnen.",
        )
    else:
        next_step = (
            "我们的工作人员会核对您的声明并与您联系。如需退款，将在收到声明后 14 天内原路退回（可等到收到退回的商品）。",
            "Wir prüfen Ihre Erklärung und melden uns. Erstattet wird binnen 14 Tagen auf demselben Weg, frühestens mit Rückkehr der Ware.",
        )
    return Paper(
        title=("撤回声明收讫确认", "Eingangsbestätigung des Widerrufs"), number=withdrawal.token[:8].upper(), sender=sender(seller),
        facts=tuple(facts), notes=(("您声明撤回上述合同。", "Sie haben den Widerruf des oben genannten Vertrags erklärt."), next_step),
    )  # fmt: skip


def sender(seller: Mapping[str, Any]) -> tuple[str, ...]:
    """The seller in lines, without empty ones."""
    lines = [seller[name] for name in ("name", "street", "city", "country", "email", "phone") if seller[name]]
    if seller["vat_id"]:
        lines.append(f"USt-IdNr. {seller['vat_id']}")
    return tuple(lines)


def amount(value: Money) -> str:
    return _plain(value.minor, value.currency.value)


def _plain(minor: int, currency: str) -> str:
    """`1299.50 EUR`; a currency that is not ours is written in hundredths too, as WeChat Pay does."""
    sign = "-" if minor < 0 else ""
    known = currency if currency in set(Currency) else currency[:3]
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02} {known}"


def moment(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """`2026-11-26 14:05 CET`: with the zone, since it is read elsewhere."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z" if seconds else "%Y-%m-%d %H:%M %Z")
