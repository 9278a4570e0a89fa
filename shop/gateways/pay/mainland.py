"""WeChat Pay in mainland China: one merchant number, CNY (WeChat Pay, JSAPI, refunds, bills; 2025-03)."""
from shop.gateways.pay.dialect import Dialect
from shop.gateways.pay.values import BillKind

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
    refunds="/v3/refund/domestic/refunds",
    refunds_by_number="/v3/refund/domestic/refunds",
    refund_names_us=False,
    refund_needs={},
    refund_account=("user_received_account",),
    abnormal="apply-abnormal-refund",
    certificates="/v3/certificates",
    bills={BillKind.TRADES: "/v3/bill/tradebill", BillKind.FUND_FLOW: "/v3/bill/fundflowbill"},
)
