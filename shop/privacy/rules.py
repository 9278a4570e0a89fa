"""Until when things about people are kept. Only answers."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from shop.base.errors import Kind, ShopError

UNPAID = timedelta(days=30)  # after the flight of an order that was never paid
FLOWN = timedelta(days=90)  # after the flight of any other order
REFUNDABLE = timedelta(days=400)  # WeChat Pay refunds within a year of the payment
ANSWERED = timedelta(days=90)  # after a withdrawal was received, or a letter was asked for
TOLD = timedelta(days=30)  # the text of a message, after it was written down
IDLE = timedelta(days=730)  # after the last visit of a traveller
BOOK_YEARS = 8  # calendar years after their own: AO § 147 (3), UStG § 14b, since 2025
YEARS_OF = ZoneInfo("Europe/Berlin")  # the tax office's calendar
NOBODY = "—"  # instead of a name


class OrdersOpen(ShopError):
    """Orders that are paid and not collected, refunds on their way: they have to come to an end first."""

    kind, code = Kind.REFUSED, "orders_still_open"


class NoSuchTraveller(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_traveller"


def forgets_on(departs_at: datetime, *, paid: bool) -> date:
    """The first day on which name and birth date of an order are forgotten."""
    return (departs_at + (FLOWN if paid else UNPAID)).date() + timedelta(days=1)


def before_years(years: int, now: datetime) -> datetime:
    """What is older than this moment is older than so many calendar years after its own."""
    today = now.astimezone(YEARS_OF)
    return datetime(max(today.year - years, 1), 1, 1, tzinfo=YEARS_OF).astimezone(UTC)
