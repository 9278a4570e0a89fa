"""Verbs about money: open a payment, hear what WeChat says, ask WeChat, close what will not be paid."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select, text, update

from shop.base import audit
from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, OrderNumber, OutTradeNo, TravellerId, new_out_trade_no
from shop.base.money import Currency, Money
from shop.gateways.pay import (
    AlreadyPaid,
    OrderClosed,
    Payment,
    PaymentState,
    PayNotice,
    PayUnavailable,
    PrepayId,
    PrepayRequest,
    RefundNotice,
    WeChatPay,
)
from shop.orders import moves
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder, OrderView, order_by_id, order_by_number, order_of
from shop.orders.states import NoSuchMove, OrderState
from shop.payments import hearing, queries, refund_sending, rounds, rules
from shop.payments.models import Attempt, PaymentNotice
from shop.payments.refund_key_models import STRANGE
from shop.payments.states import OPEN, AttemptState, Verdict
from shop.people.queries import openid_of

ASK_AT_MOST_EVERY = timedelta(seconds=1)
MOST_ROUNDS = 3  # of closing attempts while somebody keeps opening new ones


class PayWindowClosed(ShopError):
    """The order waits for no payment (any more)."""

    kind, code = Kind.CONFLICT, "not_payable"


class PayDesk(Struct, frozen=True):
    """What opening a payment needs beside the order: where notices go and what the traveller's bill says."""

    notify_url: str
    description: str


class _Ready(Struct, frozen=True):
    attempt_id: int
    body: bytes
    prepay_id: str | None


def start(
    number: OrderNumber, payer: TravellerId, desk: PayDesk, pay: WeChatPay, now: datetime, *, invited: bool = False
) -> dict[str, str]:
    """The six parameters with which the page opens the payment; `invited`: of anybody's order, the door has seen its pay link.

    The attempt with its number is written before WeChat is called, and its request is repeated byte by byte, so a crash
    or a lost answer in between is harmless. A `prepay_id` that still lives is used again without a call. While an attempt of
    another payer is open it is closed first, with WeChat's word for it: the last to press the button can pay. Raises
    NoSuchOrder, PayWindowClosed, and what the gateway raises (PayUnavailable, PayBusy, PayRefused).
    """
    ready = _cleared_attempt(number, payer, desk, pay, now, invited=invited)
    if ready.prepay_id is not None:
        return pay.jsapi_parameters(PrepayId(ready.prepay_id), now)
    try:
        prepay_id = pay.open_jsapi(ready.body)
    except (AlreadyPaid, OrderClosed):
        _checked(order_by_number(number), pay, now)  # an error body decides nothing: ask, and believe the signed answer
        raise PayWindowClosed from None
    with transaction() as session:
        still_open = session.execute(
            update(Attempt)
            .where(Attempt.id == ready.attempt_id, Attempt.state.in_([s.value for s in OPEN]))
            .values(state=AttemptState.PREPAID.value, prepay_id=prepay_id, prepay_at=now)
            .returning(Attempt.id)
        ).first()
    if still_open is None:  # cancelled, paid or taken over while WeChat was asked: what it gave leaves our hands to nobody
        raise PayWindowClosed
    return pay.jsapi_parameters(prepay_id, now)


def _cleared_attempt(
    number: OrderNumber, payer: TravellerId, desk: PayDesk, pay: WeChatPay, now: datetime, *, invited: bool
) -> _Ready:
    """The payer's attempt, when nobody else's is open any more."""
    for _ in range(MOST_ROUNDS):
        ready = _ready_attempt(number, payer, desk, pay, now, invited=invited)
        if isinstance(ready, _Ready):
            return ready
        if not _close_all(ready, pay, now):
            raise PayWindowClosed
    raise PayUnavailable("not_finished")


def _ready_attempt(
    number: OrderNumber, payer: TravellerId, desk: PayDesk, pay: WeChatPay, now: datetime, *, invited: bool
) -> _Ready | OrderId:
    """The payer's open attempt, made when there is none; the order's key when another payer's is in the way."""
    with transaction() as session:
        order = session.scalar(select(Order).where(Order.number == number).with_for_update())
        if order is None or not (invited or order.traveller_id == payer):
            raise NoSuchOrder
        if order.state != OrderState.AWAITING_PAYMENT.value or now + rules.SHORTEST_TO_PAY >= order.pay_before:
            raise PayWindowClosed(state=order.state)
        another = payer if order.traveller_id != payer else None
        found = session.scalars(
            select(Attempt)
            .where(Attempt.order_id == order.id, Attempt.state.in_([s.value for s in OPEN]))
            .order_by(Attempt.id.desc())
        ).all()
        if any(one.payer_id != another for one in found):
            return OrderId(order.id)
        attempt = found[0] if found else None
        if attempt is None:
            attempt = _new_attempt(order, openid_of(session, payer), desk, pay, now)
            attempt.payer_id = another
            session.add(attempt)
        attempt.checks, attempt.next_check_at = 0, rules.next_question(now, order.pay_before, 0, now)
        session.flush()
        fresh = attempt.prepay_at is not None and now - attempt.prepay_at < rules.PREPAY_LASTS
        return _Ready(attempt.id, attempt.request.encode(), attempt.prepay_id if fresh else None)


def _new_attempt(order: Order, openid: str, desk: PayDesk, pay: WeChatPay, now: datetime) -> Attempt:
    no = new_out_trade_no()
    body = pay.prepare(
        PrepayRequest(
            out_trade_no=no,
            description=f"{desk.description} {order.number}",
            amount=Money(order.total_minor, Currency(order.total_currency)),
            openid=openid,
            notify_url=desk.notify_url,
            time_expire=order.pay_before,
        )
    )
    return Attempt(
        order_id=order.id, out_trade_no=no, amount_minor=order.total_minor, amount_currency=order.total_currency,
        request=body.decode(), time_expire=order.pay_before, created_at=now, state=AttemptState.CREATED.value,
    )  # fmt: skip


def accept(notice: PayNotice | RefundNotice, now: datetime) -> Verdict:
    """Store a verified notice with its verdict, and do what the verdict says, in one transaction.

    The same notice again, or ten at once, gets the verdict of the first. Raises nothing on purpose: whatever goes wrong
    here is a fault, WeChat is told so and sends the notice again.
    """
    if isinstance(notice, RefundNotice):
        return refund_sending.hear(notice, now)
    return hearing.hear(notice.payment, notice.id, notice.event_type, now)


def check(number: OrderNumber, traveller_id: TravellerId, pay: WeChatPay, now: datetime) -> OrderState:
    """Ask WeChat about the order's open attempts and answer the order's state then. Raises NoSuchOrder.

    When WeChat cannot be asked, the answer is what we know: a notice or a later question settles it.
    """
    return _checked(order_of(number, traveller_id), pay, now)


def check_for_companion(number: OrderNumber, pay: WeChatPay, now: datetime) -> OrderState:
    """The same for anybody's order: the door has seen its pay link. Raises NoSuchOrder."""
    return _checked(order_by_number(number), pay, now)


def _checked(order: OrderView, pay: WeChatPay, now: datetime) -> OrderState:
    if order.state in (OrderState.AWAITING_PAYMENT, OrderState.EXPIRED):
        for attempt in queries.open_attempts(order.id):
            if attempt.checked_at is None or now - attempt.checked_at >= ASK_AT_MOST_EVERY:
                _ask(attempt, pay, now)
        order = order_by_id(order.id)
    return order.state_at(now)


def ask_about_waiting(pay: WeChatPay, now: datetime) -> int:
    """Ask WeChat about every attempt that is due for a question; answers how many settled something."""
    settled = in_vain = 0
    for attempt in queries.due_for_a_question(now):
        if in_vain == rules.ENOUGH_IN_VAIN:
            break
        with rounds.apart("ask about an attempt", attempt=attempt.id):
            answered, verdict = _ask(attempt, pay, now)
            in_vain = 0 if answered else in_vain + 1
            settled += verdict in (Verdict.SETTLES, Verdict.REVIVES)
    return settled


def any_question_due(now: datetime) -> bool:
    """Whether there is an attempt about which WeChat should be asked by now."""
    return bool(queries.due_for_a_question(now, limit=1))


def _ask(attempt: queries.OpenAttempt, pay: WeChatPay, now: datetime) -> tuple[bool, Verdict | None]:
    """One question. Answers whether there was an answer, and the verdict on a payment if it told of one."""
    try:
        payment = pay.find(OutTradeNo(attempt.out_trade_no))
    except ShopError as no_answer:
        hearing.LOG.warning("payment question without answer", out_trade_no=attempt.out_trade_no, reason=no_answer.code)
        _asked(attempt, now, None, answered=False)
        return False, None
    if payment is not None and payment.state in (PaymentState.SUCCESS, PaymentState.REFUND):
        verdict = hearing.hear(payment, f"query:{payment.transaction_id or attempt.out_trade_no}", hearing.QUERY, now)
        _asked(attempt, now, None)
        return True, verdict
    _asked(attempt, now, payment.state if payment is not None else None)
    return True, None


def _asked(attempt: queries.OpenAttempt, now: datetime, state: PaymentState | None, *, answered: bool = True) -> None:
    with transaction() as session:
        row = session.scalar(select(Attempt).where(Attempt.id == attempt.id).with_for_update())
        if row is None or row.state not in [s.value for s in OPEN]:
            return
        row.checks, row.checked_at = row.checks + 1, now
        row.next_check_at = rules.next_question(row.prepay_at or row.created_at, row.time_expire, row.checks, now)
        if row.next_check_at is None and not answered:
            row.next_check_at = rules.without_answer(row.time_expire, now)
        if state in (PaymentState.CLOSED, PaymentState.REVOKED):
            row.state, row.next_check_at = AttemptState.CLOSED.value, None


def cancel(number: OrderNumber, traveller_id: TravellerId, pay: WeChatPay, now: datetime) -> OrderState:
    """Cancel an unpaid order: ask WeChat, close, ask again; stock is free only when nobody can pay any more.

    Answers CANCELLED, or PAID when a payment slipped in between. Harmless twice. Raises NoSuchOrder, NoSuchMove (it is
    paid already) and PayUnavailable (WeChat cannot be asked: nothing is changed).
    """
    return _cancel(order_of(number, traveller_id), "traveller", "cancelled by the traveller", pay, now)


def cancel_for_staff(number: str, by: str, pay: WeChatPay, now: datetime) -> OrderState:
    """The same for any order, when somebody of the staff does it; `by` like `staff:3`. It is audited."""
    return _cancel(order_by_number(number), by, "cancelled by staff", pay, now)


def _cancel(order: OrderView, who: str, why: str, pay: WeChatPay, now: datetime) -> OrderState:
    if order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        return order.state
    if order.state is not OrderState.AWAITING_PAYMENT:
        raise NoSuchMove(state=order.state.value, wanted=OrderState.CANCELLED.value)
    return _close_and_let_go(order.id, OrderState.CANCELLED, pay, now, who=who, why=why)


def expire_overdue(pay: WeChatPay, now: datetime) -> int:
    """Close unpaid orders whose time is over, with WeChat's word that nobody has paid; answers how many ended."""
    ended = in_vain = 0
    for order_id in queries.overdue_orders(now):
        if in_vain == rules.ENOUGH_IN_VAIN:
            break
        with rounds.apart("end an order that was not paid", order_id=order_id):
            state = _expire(order_id, pay, now)
            in_vain = in_vain + 1 if state is None else 0
            ended += state is OrderState.EXPIRED
    return ended


def _expire(order_id: int, pay: WeChatPay, now: datetime) -> OrderState | None:
    """The order's state then; None when WeChat did not answer: the hold's own end frees the stock, the next round asks again."""
    try:
        return _close_and_let_go(order_id, OrderState.EXPIRED, pay, now, who="system", why="not paid in time")
    except ShopError as refused:
        hearing.LOG.warning("order not closed at WeChat", order_id=order_id, reason=refused.code)
        return None


def _close_all(order_id: int, pay: WeChatPay, now: datetime) -> bool:
    """Query, close, query every open attempt. False when one of them turned out to be paid. One that was opened at WeChat
    just after the question stays open: whoever asked looks again."""
    for attempt in queries.open_attempts(order_id):
        answer = _ask_or_raise(attempt, pay, now)
        if isinstance(answer, Verdict):
            return False
        if answer is None:  # WeChat has never heard of it; but it may be on its way there: then it is asked about again
            _mark_closed(attempt, only_as_it_was=True)
            continue
        if answer in (PaymentState.CLOSED, PaymentState.REVOKED):
            _mark_closed(attempt)
            continue
        with suppress(AlreadyPaid, OrderClosed):  # the question below knows
            pay.close(OutTradeNo(attempt.out_trade_no))
        answer = _ask_or_raise(attempt, pay, now)
        if isinstance(answer, Verdict):
            return False
        if answer not in (PaymentState.CLOSED, PaymentState.REVOKED, None):
            raise PayUnavailable("not_finished")
        _mark_closed(attempt)
    return True


def _ask_or_raise(attempt: queries.OpenAttempt, pay: WeChatPay, now: datetime) -> Verdict | PaymentState | None:
    payment: Payment | None = pay.find(OutTradeNo(attempt.out_trade_no))
    if payment is None:
        return None
    if payment.state in (PaymentState.SUCCESS, PaymentState.REFUND):
        return hearing.hear(payment, f"query:{payment.transaction_id or attempt.out_trade_no}", hearing.QUERY, now)
    return payment.state


def _mark_closed(attempt: queries.OpenAttempt, *, only_as_it_was: bool = False) -> None:
    """Nobody can pay it any more. `only_as_it_was`: unless WeChat has been told of it since it was read."""
    was = [attempt.state] if only_as_it_was else [s.value for s in OPEN]
    with transaction() as session:
        session.execute(
            update(Attempt)
            .where(Attempt.id == attempt.id, Attempt.state.in_(was))
            .values(state=AttemptState.CLOSED.value, next_check_at=None)
        )


def _close_and_let_go(order_id: int, state: OrderState, pay: WeChatPay, now: datetime, *, who: str, why: str) -> OrderState:
    """End an unpaid order once nobody can pay it any more; answers what it is then. An attempt that somebody opened
    meanwhile is closed, too. Raises PayUnavailable."""
    for _ in range(MOST_ROUNDS):
        if not _close_all(order_id, pay, now):
            return order_by_id(order_id).state
        try:
            with transaction() as session:
                session.execute(select(Order.id).where(Order.id == order_id).with_for_update())
                if queries.has_open_attempt(session, order_id):
                    continue
                moves.let_go(session, order_id, state, now, who=who, why=why)
                if who.startswith("staff:"):
                    number = session.scalar(select(Order.number).where(Order.id == order_id))
                    before = {"state": OrderState.AWAITING_PAYMENT.value}
                    audit.record(session, who, "order.cancelled", f"order:{number}", now, before, {"state": state.value})
        except NoSuchMove:  # somebody else was quicker; what they made of it counts
            return order_by_id(order_id).state
        return state
    raise PayUnavailable("not_finished")


def look_into(notice_key: int, note: str, by: str, now: datetime) -> bool:
    """A person knows what a notice is about that fits nothing of ours; `note` says what. False when it needs nobody (any more)."""
    with transaction() as session:
        looked = session.execute(
            update(PaymentNotice)
            .where(PaymentNotice.id == notice_key, text(STRANGE))
            .values(handled_at=now, handled_by=by[:60], handled_note=note[:200])
        )
        if changed(looked) != 1:
            return False
        audit.record(session, by, "money.notice_looked_into", f"notice:{notice_key}", now)
        return True


def alarm_a_person(order_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """The worker's reaction to money that no rule can settle: loud in the log, listed in the back office."""
    hearing.LOG.error("payment needs a person", order_id=order_id, **facts, at=now.isoformat())
