"""WeChat Pay in mainland China: one merchant number, CNY (WeChat Pay, JSAPI prepay, query, close; 2025-03)."""
from shop.gateways.pay.dialect import Dialect

MAINLAND = Dialect(
    prepay="/v3/pay/transactions/jsapi",
    orders="/v3/pay/transactions/out-trade-no",
    sender="mchid",
    merchant="mchid",
    app_id="appid",
    openid="openid",
    transaction_id=("transaction_id",),
    currency="CNY",
    longest_attach=128,
    needs={},
    fixed={},
)
