"""What monitoring can count (Prometheus). Labels are small closed sets, never numbers of orders or people."""

from collections.abc import Iterable
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.metrics_core import Metric

REQUESTS = Histogram(
    "shop_request_seconds", "Time to answer a request", ["endpoint", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
NOTICES = Counter("shop_notices_total", "Notices of WeChat Pay by verdict", ["verdict"])
NOTICES_REFUSED = Counter("shop_notices_refused_total", "Notices that were not believed", ["reason"])
SCANS = Counter("shop_scans_total", "Scans at the counters by outcome", ["outcome"])
ORDERS_PLACED = Counter("shop_orders_placed_total", "Orders placed")
ORDERS_REFUSED = Counter("shop_orders_refused_total", "Orders refused", ["code"])
SIGN_INS = Counter("shop_sign_ins_total", "Sign-ins of travellers", ["result"])
ACCOUNT_CALLS = Counter("shop_account_calls_total", "Calls to the API of an official account", ["path", "outcome"])
PUSHES = Counter("shop_pushes_total", "Messages and events of the official accounts, by kind", ["kind"])
PUSHES_REFUSED = Counter("shop_pushes_refused_total", "Pushes that were not believed or not read", ["reason"])
FAULTS = Counter("shop_faults_total", "Faults nobody planned")
REFUNDS_ASKED = Counter("shop_refunds_asked_total", "Refunds that people asked for", ["door"])
REFUNDS_REFUSED = Counter("shop_refunds_refused_total", "Refunds that people asked for and a rule refused", ["code"])


def counted(counter: Counter) -> dict[str, int]:
    """What a counter with one label has counted so far, in all workers together, by label."""
    families: Iterable[Metric] = counter.collect()
    together = CollectorRegistry()
    with suppress(ValueError):  # raised where this process counts alone
        multiprocess.MultiProcessCollector(together)
        families = together.collect()
    (name,) = (family.name for family in counter.describe())
    found: dict[str, int] = {}
    for sample in (sample for family in families if family.name == name for sample in family.samples):
        if sample.name == f"{name}_total":
            (label,) = sample.labels.values()
            found[label] = found.get(label, 0) + int(sample.value)
    return found
