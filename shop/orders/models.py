"""The tables of orders."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.orders.states import OrderState, RefundState

UNPAID = f"state = '{OrderState.AWAITING_PAYMENT.value}'"
COMING = "on_my_way_at IS NOT NULL"
NAMED = "forgotten_at IS NULL"
TO_HAND_OVER = "state IN ('paid', 'packing', 'ready')"
MONEY_GOES_BACK = "refund_state <> 'none'"


class Order(Model):
    """An order. Prices and names are copied into its lines; `state` is written by `moves` alone."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("traveller_id", "idempotency_key"),
        Index("ix_orders_traveller_id_id", "traveller_id", "id"),
        Index("ix_orders_placed_at_id", "placed_at", "id"),
        Index("ix_orders_flight", "flight_date", "flight_number"),
        Index("ix_orders_on_my_way", "pickup_point_id", "on_my_way_at", postgresql_where=text(COMING), sqlite_where=text(COMING)),
        Index("ix_orders_to_forget", "departs_at", postgresql_where=text(NAMED), sqlite_where=text(NAMED)),
        Index("ix_orders_hold_until", "hold_until", postgresql_where=text(UNPAID), sqlite_where=text(UNPAID)),
        # What staff sort and filter by; `changed_at` also says which days have to be counted anew (`shop.figures`).
        Index("ix_orders_state", "state", "placed_at", "id"),
        Index("ix_orders_state_departs_at", "state", "departs_at", "id"),
        Index(
            "ix_orders_refund_state", "refund_state", "placed_at", "id", postgresql_where=text(MONEY_GOES_BACK),
            sqlite_where=text(MONEY_GOES_BACK),
        ),
        Index("ix_orders_departs_at_id", "departs_at", "id"),
        Index("ix_orders_flight_number", "flight_number", "departs_at", "id"),
        Index("ix_orders_total_minor_id", "total_minor", "id"),
        Index(
            "ix_orders_to_hand_over", "departs_at", "id", postgresql_where=text(TO_HAND_OVER), sqlite_where=text(TO_HAND_OVER),
            postgresql_include=["state", "collect_from", "placed_at", "total_minor", "pickup_point_id"],
        ),
        Index("ix_orders_changed_at", "changed_at"),
        Index("ix_orders_name_words", text("order_name_words(traveller_name)"), postgresql_using="gin").ddl_if(dialect="postgresql"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    traveller_id: Mapped[int] = mapped_column(ForeignKey("travellers.id"))
    idempotency_key: Mapped[str] = mapped_column(String(80))
    request_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default=OrderState.AWAITING_PAYMENT.value)
    refund_state: Mapped[str] = mapped_column(String(20), default=RefundState.NONE.value)
    total_minor: Mapped[int]
    total_currency: Mapped[str] = mapped_column(String(3))
    placed_at: Mapped[datetime]
    pay_before: Mapped[datetime]  # the last moment to pay
    hold_until: Mapped[datetime]  # the stock is free again after this, whoever is awake
    paid_at: Mapped[datetime | None]
    collected_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(String(2))

    flight_number: Mapped[str] = mapped_column(String(8))
    flight_date: Mapped[date] = mapped_column(Date)
    departs_at: Mapped[datetime]
    origin: Mapped[str] = mapped_column(String(3))
    destination: Mapped[str] = mapped_column(String(3))
    final_destination: Mapped[str] = mapped_column(String(3))
    terminal: Mapped[str] = mapped_column(String(4))
    pickup_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"))
    collect_from: Mapped[datetime]
    collect_until: Mapped[datetime]
    on_my_way_at: Mapped[datetime | None]  # the traveller said so, for the flight the order has now
    trip_changed_at: Mapped[datetime | None]  # another flight or another time than ordered: see `trip_changes`

    traveller_name: Mapped[str] = mapped_column(String(60))
    residence: Mapped[str] = mapped_column(String(2))
    birth_date: Mapped[date | None] = mapped_column(Date)
    adult_confirmed_at: Mapped[datetime | None]  # the traveller has said to be 18 or older, for the alcohol in it
    campaign: Mapped[str | None] = mapped_column(String(64))
    treatment: Mapped[str] = mapped_column(String(10), server_default="duty_free")  # how it was priced: a `customs.states.Treatment`
    forgotten_at: Mapped[datetime | None]  # name and birth date are gone: see `shop.privacy`


class OrderLine(Model):
    """One product of an order at the price and under the names of the moment it was ordered."""

    __tablename__ = "order_lines"
    __table_args__ = (Index("ix_order_lines_product_id", "product_id", "order_id"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    sku: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    name_de: Mapped[str] = mapped_column(String(120))
    picture: Mapped[str | None] = mapped_column(String(120))
    quantity: Mapped[int]
    unit_price_minor: Mapped[int]
    refunded: Mapped[int] = mapped_column(server_default="0")  # pieces that will not be handed over, or were paid back


class OrderChange(Model):
    """A line of the order's history: from which state to which, when, who and why. Never changed, never deleted."""

    __tablename__ = "order_history"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    old_state: Mapped[str | None] = mapped_column(String(20))
    new_state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(60))  # `traveller`, `system`, `wechat`, `device:7`, `staff:3`
    why: Mapped[str] = mapped_column(String(120))


class TripChange(Model):
    """A line of the trip's history: another flight, or the same one at another time. Never changed, never deleted."""

    __tablename__ = "trip_changes"
    __table_args__ = (Index("ix_trip_changes_at", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(60))  # as in OrderChange
    why: Mapped[str] = mapped_column(String(16))  # `moved` by the traveller, or `delayed`
    old_flight: Mapped[str] = mapped_column(String(8))
    new_flight: Mapped[str] = mapped_column(String(8))
    old_departs_at: Mapped[datetime]
    new_departs_at: Mapped[datetime]
    old_final_destination: Mapped[str] = mapped_column(String(3))
    new_final_destination: Mapped[str] = mapped_column(String(3))
    old_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"))
    new_point_id: Mapped[int] = mapped_column(ForeignKey("pickup_points.id"))


class OrderNote(Model):
    """What somebody of the staff wrote beside an order. Added, never reworded; only a privacy duty may empty its text."""

    __tablename__ = "order_notes"
    __table_args__ = (UniqueConstraint("order_id", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    key: Mapped[str] = mapped_column(String(40))  # made by the page: the same form sent twice is one note
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(60))  # `staff:3`
    text: Mapped[str | None] = mapped_column(String(1000))
