"""Attempts at WeChat Pay, the notices about them, and what each of them means for the order.

Words: *attempt* (one `out_trade_no`), *notice*, *verdict*. What WeChat says is stored first and judged in the same
transaction; money is never ignored. Announces what `events` lists.
"""
