"""The European Central Bank's daily file of reference rates, with numbers that are made up around those of autumn 2026."""
import math
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, Response

from shop.sandbox.web import world

rates = Blueprint("rates", __name__)
PATH = "/stats/eurofxref/eurofxref-daily.xml"
AROUND = {
    "USD": 1.1172, "JPY": 176.3, "CZK": 24.31, "DKK": 7.4641, "GBP": 0.8742, "HUF": 388.2, "PLN": 4.247, "RON": 5.086, "SEK": 10.93,
    "CHF": 0.9311, "ISK": 145.1, "NOK": 11.72, "TRY": 52.4, "AUD": 1.703, "BRL": 6.02, "CAD": 1.549, "CNY": 7.4326, "HKD": 8.7652,
    "IDR": 18640.0, "ILS": 3.61, "INR": 101.4, "KRW": 1633.0, "MXN": 20.51, "MYR": 4.611, "NZD": 1.963, "PHP": 66.1, "SGD": 1.4412,
    "THB": 36.4, "ZAR": 19.14,
}  # fmt: skip


def working_day(now: float) -> date:
    """The last working day whose rates are out: published about 15:00 UTC, none on Saturday and Sunday."""
    day = datetime.fromtimestamp(now, UTC)
    found = day.date() if day.hour >= 15 else day.date() - timedelta(days=1)
    while found.isoweekday() > 5:
        found -= timedelta(days=1)
    return found


def per_euro(currency: str, day: date) -> str:
    """Five figures, a little different every day."""
    value = AROUND[currency] * (1 + math.sin(day.toordinal() * (1 + len(currency) + ord(currency[0]) / 100)) / 100)
    return f"{value:.{max(0, 4 - int(math.log10(max(value, 1))))}f}"


@rates.get(PATH)
def daily() -> Response:
    day = working_day(world().now())
    cubes = "".join(f"\t\t\t<Cube currency='{name}' rate='{per_euro(name, day)}'/>\n" for name in AROUND)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">\n'
        "\t<gesmes:subject>Reference rates</gesmes:subject>\n"
        "\t<gesmes:Sender>\n\t\t<gesmes:name>European Central Bank</gesmes:name>\n\t</gesmes:Sender>\n"
        f"\t<Cube>\n\t\t<Cube time='{day.isoformat()}'>\n{cubes}\t\t</Cube>\n\t</Cube>\n</gesmes:Envelope>\n"
    )
    return Response(text, content_type="text/xml")
