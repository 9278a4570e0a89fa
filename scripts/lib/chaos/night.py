"""What the worker does with the bank's bill once a day, done now: fetch it, compare, and ask WeChat about what a question explains."""

import sys
from pathlib import Path

from shop.app import create_app
from shop.base import clock
from shop.payments import reconciling


def main() -> int:
    app = create_app()
    wiring = app.extensions["shop"]
    with app.app_context():
        results = reconciling.daily(
            wiring.pay, Path(wiring.settings.bill_folder), clock.now(), currency=wiring.settings.currency
        )
    print(f"{len(results)} days compared")
    return 0


if __name__ == "__main__":
    sys.exit(main())
