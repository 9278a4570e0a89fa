"""What rings when money is not as it should be: as gauges for monitoring, and as a list that says what to do."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from shop.base.metrics import NOTICES_REFUSED, counted
from shop.gateways.pay import Reason, WeChatPay
from shop.payments import money_queries
from shop.payments.matching import ItemKind
from shop.payments.money_queries import Standing
from shop.payments.states import RefundStage, Verdict

FAR_OFF = 60.0  # seconds; WeChat Pay believes nothing that is five minutes off
SIGNATURE = (Reason.BAD_SIGNATURE, Reason.UNKNOWN_SERIAL, Reason.WRONG_KEY)
PROBES = (Reason.SIGNATURE_TEST,)  # WeChat Pay sends such notices itself, to see whether we check
NEED_A_DECISION = (Verdict.WRONG_AMOUNT, Verdict.WRONG_CURRENCY, Verdict.UNKNOWN_NUMBER)


class Ring(StrEnum):
    """The alarms there are; the page has words and advice for each."""

    SIGNATURES = "signatures"
    NOTICES_REFUSED = "notices_refused"
    ODD_PAYMENTS = "odd_payments"
    STRANGE_NOTICES = "strange_notices"
    REFUNDS_FOR_A_PERSON = "refunds_for_a_person"
    DIFFERENCES = "differences"
    BILLS_FAILED = "bills_failed"
    IN_DOUBT = "in_doubt"
    CLOCK = "clock"
    KEYS_ENDING = "keys_ending"


class Alarm(Struct, frozen=True):
    """`count` is how many of its kind; for CLOCK the seconds. `ends` is when the first certificate does."""

    ring: Ring
    count: int
    name: str = ""
    ends: datetime | None = None


def refused_notices() -> dict[str, int]:
    """How many notices were not believed since the web process was started, by reason."""
    return dict(sorted(counted(NOTICES_REFUSED).items()))


def ringing(standing: Standing, refused: dict[str, int], pay: WeChatPay, now: datetime) -> list[Alarm]:
    """What should be looked at, the worst first."""
    signatures = sum(refused.get(reason.value, 0) for reason in SIGNATURE)
    others = sum(refused.values()) - signatures - sum(refused.get(reason.value, 0) for reason in PROBES)
    alarms = [
        Alarm(Ring.SIGNATURES, signatures),
        Alarm(Ring.DIFFERENCES, sum(standing.items.values())),
        Alarm(Ring.ODD_PAYMENTS, sum(standing.odd.get(verdict, 0) for verdict in NEED_A_DECISION)),
        Alarm(Ring.STRANGE_NOTICES, sum(standing.notices.values())),
        Alarm(Ring.REFUNDS_FOR_A_PERSON, standing.for_a_person),
        Alarm(Ring.IN_DOUBT, standing.in_doubt),
        Alarm(Ring.BILLS_FAILED, standing.bills_failed),
        Alarm(Ring.CLOCK, _skew(pay)),
        Alarm(Ring.NOTICES_REFUSED, others),
    ]
    ending = pay.keys_ending(now)
    if ending:
        alarms.append(Alarm(Ring.KEYS_ENDING, len(ending), *ending[0]))
    return [alarm for alarm in alarms if alarm.count]


def _skew(pay: WeChatPay) -> int:
    """Whole seconds by which our clock is off, when that is too far."""
    skew = pay.last_skew
    return round(skew) if skew is not None and abs(skew) >= FAR_OFF else 0


def gauges(pay: WeChatPay, now: datetime) -> bytes:
    """The same as Prometheus text, as the database knows it at this moment: one statement."""
    standing, own = money_queries.standing(now), CollectorRegistry()

    def gauge(name: str, words: str, values: dict[str, int], label: str) -> None:
        made = Gauge(name, words, [label], registry=own)
        for each, count in values.items():
            made.labels(each).set(count)

    under_way = {stage.value: standing.refunds.get(stage, 0) for stage in RefundStage if stage not in _OVER}
    gauge("shop_refunds_under_way", "Refunds that have not ended, by state", under_way, "state")
    odd = {verdict.value: standing.odd.get(verdict, 0) for verdict in NEED_A_DECISION}
    gauge("shop_payments_odd", "Payments that a person has to decide about, by verdict", odd, "verdict")
    items = {kind.value: standing.items.get(kind.value, 0) for kind in ItemKind}
    gauge("shop_reconciliation_differences", "Open items of reconciliation, by kind", items, "kind")
    plain = {
        "shop_refunds_for_a_person": ("Refunds that WeChat cannot deliver or keeps refusing", standing.for_a_person),
        "shop_attempts_in_doubt": ("Attempts to pay of which nobody knows how they ended", standing.in_doubt),
        "shop_notices_strange": ("Genuine notices that fit nothing of ours", sum(standing.notices.values())),
        "shop_bills_failed": ("Bills that could not be fetched or read", standing.bills_failed),
    }
    for name, (words, count) in plain.items():
        Gauge(name, words, registry=own).set(count)
    if pay.last_skew is not None:
        Gauge("shop_clock_skew_seconds", "How far our clock is ahead of WeChat Pay's", registry=own).set(pay.last_skew)
    ending = pay.keys_ending(now)
    Gauge("shop_certificates_ending", "Certificates near their end without a successor", registry=own).set(len(ending))
    if ending:
        left = (ending[0][1] - now).total_seconds()
        Gauge("shop_certificate_seconds_left", "Until the first of them ends", registry=own).set(left)
    return generate_latest(own)


_OVER = (RefundStage.SUCCESS, RefundStage.BY_HAND, RefundStage.CLOSED)
