"""WeChat Pay across borders: an institution signs for a sub-merchant, EUR or CNY (WeChat Pay Global, JSAPI; 2022-08).

The traveller's openid is of our own Service Account, hence `sub_appid` and `payer.sub_openid`. WeChat's own order
number is called `id` in one generation of the documents and `transaction_id` in another: both are read.
"""
from shop.gateways.pay.dialect import Dialect
from shop.gateways.pay.values import BillKind

CROSSBORDER = Dialect(
    prepay="/v3/global/transactions/jsapi",
    orders="/v3/global/transactions/out-trade-no",
    sender="sp_mchid",
    merchant="sub_mchid",
    app_id="sub_appid",
    openid="sub_openid",
    transaction_id=("transaction_id", "id"),
    currency=None,
    longest_attach=127,
    needs={"sp_appid": "sp_app_id", "merchant_category_code": "mcc"},
    fixed={"trade_type": "JSAPI"},
    refunds="/v3/global/refunds",
    refunds_by_number="/v3/global/refunds/out-refund-no",
    refund_names_us=True,
    refund_needs={"sp_appid": "sp_app_id"},
    refund_account=("recv_account", "user_received_account"),
    abnormal="",
    certificates="/v3/global/certificates",
    bills={BillKind.STATEMENT: "/v3/global/statements"},
)
