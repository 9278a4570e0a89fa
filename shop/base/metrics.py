"""What monitoring can count (Prometheus). Labels are small closed sets, never numbers of orders or people."""

from prometheus_client import Counter, Histogram

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
FAULTS = Counter("shop_faults_total", "Faults nobody planned")
