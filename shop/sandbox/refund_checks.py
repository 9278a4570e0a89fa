"""What WeChat Pay demands of a request for a refund, in both dialects."""
from shop.sandbox.pay_checks import Address, Group, Many, Text, Whole

OUT_REFUND_NO = r"[0-9A-Za-z_\-|*@]+"

_SHARED = {
    "transaction_id": Text(most=32),
    "out_trade_no": Text(most=32),
    "out_refund_no": Text(most=64, pattern=OUT_REFUND_NO, required=True),
    "reason": Text(most=80),
    "notify_url": Address(most=256),
}

MAINLAND_REFUND = Group(
    fields={
        **_SHARED,
        "funds_account": Text(most=32, choices=("AVAILABLE", "UNSETTLED")),
        "amount": Group(
            fields={
                "refund": Whole(least=1, required=True),
                "total": Whole(least=1, required=True),
                "currency": Text(most=16, choices=("CNY",), required=True),
                "from": Many(
                    each=Group(
                        fields={
                            "account": Text(most=32, choices=("AVAILABLE", "UNAVAILABLE"), required=True),
                            "amount": Whole(least=1, required=True),
                        }
                    )
                ),
            },
            required=True,
        ),
        "goods_detail": Many(
            each=Group(
                fields={
                    "merchant_goods_id": Text(most=32, required=True),
                    "wechatpay_goods_id": Text(most=32),
                    "goods_name": Text(most=256),
                    "unit_price": Whole(required=True),
                    "refund_amount": Whole(required=True),
                    "refund_quantity": Whole(least=1, required=True),
                }
            )
        ),
    }
)

CROSSBORDER_REFUND = Group(
    fields={
        **_SHARED,
        "sp_mchid": Text(most=32, required=True),
        "sp_appid": Text(most=32, required=True),
        "sub_mchid": Text(most=32, required=True),
        "sub_appid": Text(most=32),
        "source": Text(
            most=32, choices=("REFUND_SOURCE_UNSETTLED_FUNDS", "REFUND_SOURCE_RECHARGE_FUNDS")
        ),
        "amount": Group(
            fields={
                "refund": Whole(least=1, required=True),
                "total": Whole(least=1, required=True),
                "currency": Text(most=16, choices=("EUR", "CNY"), required=True),
            },
            required=True,
        ),
    }
)

ABNORMAL_REFUND = Group(
    fields={
        "out_refund_no": Text(most=64, pattern=OUT_REFUND_NO, required=True),
        "type": Text(most=32, choices=("USER_BANK_CARD", "MERCHANT_BANK_CARD"), required=True),
        "bank_type": Text(most=16),
        "bank_account": Text(most=1024),
        "real_name": Text(most=1024),
    }
)
