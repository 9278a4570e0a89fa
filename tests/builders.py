"""One function per noun, made through the shop's own commands wherever there is one."""

import itertools
import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask.testing import FlaskClient
from msgspec.structs import replace as replace
from sqlalchemy import delete, insert, select, update

from shop.base import clock
from shop.base.db import Base, db, reading, transaction
from shop.base.ids import OrderNumber, OutRefundNo, OutTradeNo, TravellerId, new_out_trade_no
from shop.base.money import Currency, Money
from shop.base.outbox import Announcement
from shop.catalogue import commands as catalogue
from shop.catalogue import indexing, pricing
from shop.catalogue.models import Product, Stock
from shop.catalogue.states import PriceKind
from shop.customs.first_values import ALLOWANCES
from shop.flights import commands as flights
from shop.flights.models import PickupPoint
from shop.gateways.pay import Payment, PaymentState, PayNotice, PlainAmount, Refund, RefundNotice, RefundState
from shop.orders import commands as orders
from shop.orders.models import Order, OrderLine
from shop.orders.queries import OrderView, order_by_number
from shop.orders.rules import Wanted
from shop.payments import commands as payments
from shop.payments.models import Attempt
from shop.payments.states import Verdict
from shop.people import commands as people
from shop.people import sessions, staffing
from shop.people.models import Staff, Traveller
from shop.people.queries import KnownDevice, KnownStaff, device_by_token
from shop.people.rights import Grant
from shop.people.staff_models import StaffRole
from shop.people.states import DeviceKind
from shop.pickup import codes
from shop.pickup.models import Pickup
from shop.policies import commands as policies
from shop.policies.first_values import PRICES

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FLIGHT, DAY, POINT, OTHER_POINT = "CA932", date(2026, 11, 26), "T1-B42", "T3-H07"
WITHIN = timedelta(minutes=30)
SECRET = "a secret for tests, long enough for all"
_count = itertools.count(1)


def same(words: str) -> dict[str, str]:
    return {"zh": f"{words}（中）", "en": words, "de": f"{words} (de)"}


def a_timetable(**point: Any) -> None:
    """FRA, PEK, HKG and an airport in the EU; CA932 every day at 14:05; two pickup points."""
    places = [("FRA", "DE", "Europe/Berlin", "EU"), ("PEK", "CN", "Asia/Shanghai", "CN"), ("HKG", "HK", "Asia/Hong_Kong", "HK"),
              ("CDG", "FR", "Europe/Paris", "EU")]  # fmt: skip
    flights.put_timetable(
        [flights.NewAirport(iata=i, name=same(i), city=same(i), country=c, tz=tz, customs_area=area) for i, c, tz, area in places],
        [
            flights.NewFlight(
                number=number, carrier_zh="国航", carrier_en="Air China", origin="FRA", destination="PEK", terminal="T1",
                departs=time(14, 5), weekdays=days, minutes=585,
            )
            for number, days in ((FLIGHT, "1234567"), ("CA966", "135"))
        ],
        [
            flights.NewPoint(
                **{
                    "code": code, "airport": "FRA", "terminal": code[:2], "zone": code[3:4], "name": same(f"Counter {code}"),
                    "directions": same("Turn right"), "hours": {day: ["06:00", "21:30"] for day in "1234567"}, "tz": "Europe/Berlin",
                    "order_lead_minutes": 180, "opens_before_minutes": 240, **point,
                }
            )
            for code in (POINT, OTHER_POINT)
        ],
    )  # fmt: skip


def a_product(
    sku: str = "",
    *,
    on_hand: int = 10,
    price: int = 50_00,
    alcohol: int | None = None,
    currency: Currency = Currency.EUR,
    **more: Any,
) -> str:
    """A product in the category `spirits`; answers its SKU. Words do not find it (see `a_searched_product`)."""
    n = next(_count)
    sku = sku or f"SP-{n:04}"
    catalogue.put_categories([catalogue.NewCategory(code="spirits", name=same("Spirits"), rank=1)])
    kept, indexing.AT_ONCE = indexing.AT_ONCE, 0  # the worker's, as the shop does with a long file: it takes longer than all the rest
    try:
        _put(sku, n, NOW, price=Money(price, currency), on_hand=on_hand, alcohol_permille=alcohol, **more)
    finally:
        indexing.AT_ONCE = kept
    return sku


def a_searched_product(sku: str = "", **more: Any) -> str:
    """The same, and a search finds it, as soon as it is there."""
    sku = a_product(sku, **more)
    indexing.index_due()
    return sku


def put_again(sku: str, *, price: int = 50_00, now: datetime = NOW, **more: Any) -> None:
    """Put it on the shelf once more, as somebody does who loads the example shop again."""
    _put(sku, next(_count), now, price=Money(price, Currency.EUR), on_hand=0, alcohol_permille=None, **more)


def _put(sku: str, n: int, now: datetime, **more: Any) -> None:
    values = {
        "sku": sku, "ean": f"21{n:011}", "category": "spirits", "brand": "Fichtental", "name": same(f"Whisky {n}"), "text": same("Peaty."),
        "rank": n, "volume_ml": 700, "picture": None, **more,
    }  # fmt: skip
    catalogue.put_products([catalogue.NewProduct(**values)], values["price"].currency, now)


def a_traveller(openid: str = "") -> TravellerId:
    """Somebody who has signed in once."""
    with transaction() as session:
        traveller = Traveller(
            app_id="wx1", openid=openid or f"o{secrets.token_hex(8)}", first_seen_at=NOW, last_seen_at=NOW
        )
        session.add(traveller)
        session.flush()
        return TravellerId(traveller.id)


def a_device(kind: DeviceKind = DeviceKind.COUNTER, point: str | None = POINT) -> tuple[KnownDevice, str]:
    """A device of a pickup point (None: of all) and its token."""
    token = people.create_device("Tablet", kind, point_id(point) if point else None, None, NOW)
    return device_by_token(token), token


def point_id(code: str) -> int:
    with reading() as session:
        return session.scalars(select(PickupPoint.id).where(PickupPoint.code == code)).one()


def a_plan(lines: dict[str, int], **more: Any) -> orders.Plan:
    values = {
        "lines": tuple(Wanted(sku, count) for sku, count in lines.items()), "flight": FLIGHT, "date": DAY, "final_destination": "PEK",
        "pickup_point": POINT, "name": "WANG XIAOMING", "residence": "CN",
    }  # fmt: skip
    return orders.Plan(**{**values, **more})


def an_order(
    lines: dict[str, int] | None = None, *, traveller: TravellerId | None = None, now: datetime = NOW, **more: Any
) -> OrderView:
    """An order that waits for its payment."""
    placed = orders.place(
        a_plan(lines or {a_product(): 1}, **more),
        traveller or a_traveller(),
        secrets.token_hex(8),
        Currency.EUR,
        WITHIN,
        now,
    )
    return order_by_number(placed.number)


def an_attempt(order: OrderView, now: datetime = NOW, request: str = "{}") -> OutTradeNo:
    """An attempt to pay, as the shop writes it down before it calls WeChat Pay."""
    number = new_out_trade_no()
    with transaction() as session:
        session.add(
            Attempt(
                order_id=order.id, out_trade_no=number, amount_minor=order.total.minor, amount_currency=order.total.currency.value,
                request=request, time_expire=order.pay_before, created_at=now, state="prepaid", prepay_id="wx123", prepay_at=now,
            )
        )  # fmt: skip
    return number


def a_payment(number: str, amount: Money, *, transaction_id: str = "", **more: Any) -> Payment:
    """What WeChat Pay says of a payment that succeeded."""
    values = {
        "out_trade_no": OutTradeNo(number), "transaction_id": transaction_id or f"4200{secrets.randbelow(10**24):024}",
        "state": PaymentState.SUCCESS, "state_said": "SUCCESS", "amount": amount,
        "amount_said": PlainAmount(minor=amount.minor, currency=amount.currency.value),
        "payer_total": PlainAmount(minor=amount.minor * 8, currency="CNY"), "exchange_rate": 743_000_000, "success_time": NOW,
        "openid": None, "sender": "1900000001", "merchant": "1900000109", "app_id": None, "ours": True,
    }  # fmt: skip
    return Payment(**{**values, **more})


def a_notice(payment: Payment, notice_id: str = "", now: datetime = NOW) -> PayNotice:
    return PayNotice(
        id=notice_id or secrets.token_hex(16),
        event_type="TRANSACTION.SUCCESS",
        created=now,
        received=now,
        payment=payment,
    )


def a_told_refund(number: str, state: RefundState, amount: Money | None, **more: Any) -> Refund:
    """What WeChat Pay answers about a refund."""
    values = {
        "out_refund_no": OutRefundNo(number), "refund_id": f"5030{number[-8:]}", "out_trade_no": None, "transaction_id": None,
        "state": state, "state_said": state.value, "refunded": amount, "total": None,
        "payer_refund": PlainAmount(minor=amount.minor * 8, currency="CNY") if amount else None, "exchange_rate": None,
        "success_time": NOW if state is RefundState.SUCCESS else None, "received_account": None,
    }  # fmt: skip
    return Refund(**{**values, **more})


def a_refund_notice(told: Refund, notice_id: str = "", now: datetime = NOW, **more: Any) -> RefundNotice:
    """The same as a notice."""
    values = {
        "id": notice_id or secrets.token_hex(16), "event_type": f"REFUND.{told.state.value}", "created": now, "received": now,
        "out_refund_no": told.out_refund_no, "out_trade_no": None, "transaction_id": None, "refund_id": told.refund_id,
        "state": told.state, "state_said": told.state_said, "refunded": told.refunded, "total": told.total,
        "payer_refund": told.payer_refund, "success_time": told.success_time, "sender": "1900000001",
        "merchant": "1900000109", "ours": True,
    }  # fmt: skip
    return RefundNotice(**{**values, **more})


def a_paid_order(lines: dict[str, int] | None = None, *, now: datetime = NOW, **more: Any) -> OrderView:
    """An order that was paid by a notice."""
    order = an_order(lines, now=now, **more)
    verdict = payments.accept(a_notice(a_payment(an_attempt(order, now), order.total)), now)
    assert verdict is Verdict.SETTLES
    return order_by_number(order.number)


def copies(order: OrderView, count: int) -> None:
    """Copies of an order with its lines, each with a code of its own."""
    skip = {"id", "number", "idempotency_key"}
    with transaction() as session:
        like = session.execute(select(Order.__table__).where(Order.id == order.id)).mappings().one()
        lines = session.execute(select(OrderLine.__table__).where(OrderLine.order_id == order.id)).mappings().all()
        values = {name: value for name, value in like.items() if name not in skip}
        session.execute(
            insert(Order), [{**values, "number": f"DM{n:08}", "idempotency_key": f"many-{n}"} for n in range(count)]
        )
        keys = session.scalars(select(Order.id).where(Order.number.like("DM0%"))).all()
        session.execute(insert(OrderLine), [{**line, "order_id": key} for key in keys for line in lines])
        session.execute(insert(Pickup), [{"order_id": key, "code": codes.new_code(), "issued_at": NOW} for key in keys])


def code_of(order: OrderView) -> str:
    with reading() as session:
        return session.scalars(select(Pickup.code).where(Pickup.order_id == order.id)).one()


def stock_of(sku: str) -> tuple[int, int, int, int]:
    """On hand, held, allocated, handed over."""
    with reading() as session:
        row = session.execute(
            select(Stock.on_hand, Stock.held, Stock.allocated, Stock.handed_over)
            .join(Product)
            .where(Product.sku == sku)
        ).one()
    return (row[0], row[1], row[2], row[3])


def set_point(code: str, **values: Any) -> None:
    """Change what a pickup point allows."""
    with transaction() as session:
        session.execute(update(PickupPoint).where(PickupPoint.code == code).values(**values))


def set_order(number: OrderNumber, **values: Any) -> None:
    """Put an order into a state that no command of this release leads to."""
    with transaction() as session:
        session.execute(update(Order).where(Order.number == number).values(**values))


def set_duty_paid(sku: str, minor: int) -> None:
    """What a product costs from now on where the duty is paid."""
    pricing.set_price(sku, pricing.NewPrice(kind=PriceKind.DUTY_PAID, amount=Money(minor, Currency.EUR)), "staff:1", clock.now())


def set_allowance(area: str, **values: Any) -> None:
    """Change customs' rule for an area, as a manager does."""
    now = clock.now()
    policies.change("allowance", area, {**ALLOWANCES[area], **values}, seen=None, by="staff:1", now=now)


def set_prices(**values: Any) -> None:
    """Change how prices are shown, and the smallest order."""
    policies.change("prices", "all", {**PRICES, **values}, seen=None, by="staff:1", now=clock.now())


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by table: equal before and after means that nothing at all was changed."""
    found = {}
    with reading() as session:
        for table in Base.metadata.sorted_tables:
            found[table.name] = sorted(map(tuple, session.execute(select(table))), key=repr)
    return found


def announced(*names: str) -> list[tuple[str, int]]:
    """Name and subject of what was announced (only `names`, when some are given), oldest first."""
    wanted = select(Announcement.name, Announcement.subject).order_by(Announcement.id)
    with reading() as session:
        rows = session.execute(wanted.where(Announcement.name.in_(names)) if names else wanted).all()
    return [(row[0], row[1]) for row in rows]


def a_staff_member(name: str, password: str) -> int:
    """Somebody who may do everything and sign in with this password; answers the key."""
    return staffing.create_manager(name, password, NOW)


def a_colleague(*grants: Grant, name: str = "") -> int:
    """A member of staff with these roles, and a password that nobody knows; answers the key."""
    with transaction() as session:
        return staffing.employ(session, name or f"colleague {next(_count)}", "no hash of anything", grants, NOW)


def give_staff(*grants: Grant) -> None:
    """Everybody who works here has these roles, and no others."""
    with transaction() as session:
        session.execute(delete(StaffRole))
        for staff_id in session.scalars(select(Staff.id)).all():
            session.add_all([StaffRole(staff_id=staff_id, role=one.role, pickup_point_id=one.pickup_point_id) for one in grants])


def sign_in_staff(client: FlaskClient, staff_id: int, csrf: str = "made-by-a-page") -> KnownStaff:
    """Sign somebody in on this browser, all the way and for good: its forms carry the session's token as a header."""
    now = NOW.replace(year=2070)  # whatever a test does to the clock
    with transaction() as session:
        token = sessions.start(session, staff_id, True, sessions.Visit("Tests", "127.0.0.1"), now)
    with client.session_transaction() as cookie:
        cookie["staff_session"], cookie["csrf"] = token, csrf
    client.environ_base["HTTP_X_CSRF_TOKEN"] = csrf
    known = sessions.known(token, now)
    assert known is not None
    return known


def engine_name() -> str:
    """`sqlite` or `postgresql`."""
    return db.engine.dialect.name
