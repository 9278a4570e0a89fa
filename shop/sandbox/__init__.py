"""WeChat as a separate web application, for development and tests.

It stands in for three of WeChat's machines (the Service Account's API host, the sign-in page, WeChat Pay), for the
traveller's phone, and for the European Central Bank's daily file of exchange rates. It shares no code with the shop,
signs with its own keys and checks our requests strictly, so that one misreading of the documentation cannot agree with
itself. It remembers everything in memory, and forgets it when it stops.

    python -m shop.sandbox --keys instance/sandbox-keys --shop-url http://127.0.0.1:8000

    box = Sandbox.start(keys_dir=folder)      # in a test
    box.env, box.url, box.browser_url         # what the shop is told
    box.control.pay(out_trade_no)             # what the traveller does
    box.control.fault("status", path="/v3/", status=500, code="SYSTEM_ERROR")
    box.control.next_refund("ABNORMAL")       # how the next refund ends
    box.control.bill_fault("missing_payment") # what is wrong with the bill
    box.control.bad_day(seed=7, strength=0.2) # from now on anything may go wrong
    box.stop()
"""
from shop.sandbox.client import Control, ControlRefused
from shop.sandbox.server import Sandbox

__all__ = ["Control", "ControlRefused", "Sandbox"]
