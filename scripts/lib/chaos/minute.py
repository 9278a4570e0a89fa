"""What the worker does at every full minute, done now: let unpaid orders go, compare the bank's bill, ask WeChat what it explains."""

import sys
from pathlib import Path

from shop import tables  # noqa: F401 - the mappers
from shop.app import create_app
from shop.base import clock
from shop.orders import commands as orders
from shop.payments import commands as payments
from shop.payments import reconciling


def main() -> int:
    app = create_app()
    wiring = app.extensions["shop"]
    with app.app_context():
        payments.expire_overdue(wiring.pay, clock.now())
        while orders.expire_due(clock.now()):
            pass
        folder, currency = Path(wiring.settings.bill_folder), wiring.settings.currency
        reconciling.daily(wiring.pay, folder, clock.now(), currency=currency)
    return 0


if __name__ == "__main__":
    sys.exit(main())
