"""Everything the shop does when nobody is waiting: reactions to what was announced, and the timetable.

huey runs the work. What is to be done stands in the database (`shop.base.outbox`), so the queue may lose everything and
nothing is lost: the pulse puts it in again.
"""

import signal
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, cast

import structlog
from flask import Flask, current_app
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from sqlalchemy.engine.url import make_url

from shop.base import clock, delivering, versions
from shop.base.errors import ShopError
from shop.base.ids import OrderId, TravellerId
from shop.campaigns import commands as campaigns
from shop.campaigns import posters, publishing
from shop.campaigns import queries as campaign_queries
from shop.campaigns import sending as mass_sending
from shop.campaigns.drafting import Desk
from shop.catalogue import events as catalogue_events
from shop.catalogue import indexing, pictures, pricing, rate_keeping, wishing
from shop.chat import answering
from shop.chat import events as chat_events
from shop.contracts import events as contract_events
from shop.contracts import posting
from shop.exchange import applying, checking
from shop.exchange import commands as exchange
from shop.exchange import events as exchange_events
from shop.exports import making, scheduling
from shop.exports.processes import ExportProcess
from shop.figures import commands as figures
from shop.gateways.official_account import send_text
from shop.messaging import addresses, sending
from shop.messaging import events as messaging_events
from shop.messaging import hearing as message_hearing
from shop.messaging import planning as telling
from shop.messaging.sending import Ways as MessageWays
from shop.orders import commands as orders
from shop.orders import events as order_events
from shop.orders import queries as order_queries
from shop.payments import commands as payments
from shop.payments import events as payment_events
from shop.payments import reconciling, refund_asking, refund_sending, refunding
from shop.people import commands as people
from shop.people import following
from shop.pickup import events as pickup_events
from shop.policies import queries as policies
from shop.privacy import commands as privacy
from shop.settings import Settings
from shop.web import chat_words
from shop.web.wiring import Wiring

LOG = structlog.get_logger("shop.worker")
PULSE_SECONDS = 1.0
RATES_EVERY = timedelta(minutes=10)  # how often the ECB is asked while it may have something new



def make_picture_sizes(picture_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """The sizes of a picture that was uploaded, in the folder of the settings."""
    wiring: Wiring = current_app.extensions["shop"]
    pictures.make_sizes(picture_id, Path(wiring.settings.picture_folder), now)


def acknowledge_withdrawal(withdrawal_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """The acknowledgement of a withdrawal, by mail where an address was given."""
    wiring: Wiring = current_app.extensions["shop"]
    posting.acknowledge(withdrawal_id, policies.seller(versions.day_of(now)), wiring.ways.post, now)


def send_letter(letter_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """An order's confirmation by mail."""
    wiring: Wiring = current_app.extensions["shop"]
    posting.send_letter(letter_id, policies.seller(versions.day_of(now)), wiring.ways.post, now)


def ask_for_address(traveller_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """A letter to an address that a traveller gave, with a link to say that it is theirs."""
    wiring: Wiring = current_app.extensions["shop"]
    view = addresses.address_of(TravellerId(traveller_id))
    if view is None or view.confirmed_at is not None or wiring.ways.post is None:
        return
    subject, text = addresses.letter(view, f"{wiring.settings.public_url}/mail/{view.key}", wiring.settings.shop_name)
    wiring.ways.post.send(view.address, subject, text)
    LOG.info("asked whether the address is theirs", traveller=traveller_id, at=now.isoformat())


def answer_chat(_follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """The answer to what somebody wrote or tapped in the chat of an account, when a rule knows one."""
    wiring: Wiring = current_app.extensions["shop"]

    def send(app_id: str, openid: str, text: str) -> None:
        send_text(wiring.content if app_id == wiring.content.app_id else wiring.account, openid, text)

    answering.answer(int(str(facts["entry"])), chat_words.say, send, now)


def note_scan(follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """Somebody has scanned a code of the account: when it is a campaign's, they came through it. Harmless twice."""
    mark = posters.mark_of(str(facts.get("scene") or ""))
    if mark is not None:
        follower = following.follower(follower_id)
        campaigns.scanned(follower.app_id, follower.openid, mark, now)


def credit_follower(order_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """A paid order counts for the poster that its traveller has scanned in WeChat."""
    campaigns.credit_follower(OrderId(order_id), now)


def hear_publication(_follower_id: int, facts: Mapping[str, object], now: datetime) -> None:
    """WeChat says that a publication has ended; what it says is asked for, as an event may be a forgery of an old one."""
    if campaign_queries.article_of_publish(str(facts.get("publish_id") or "")) is not None:
        publishing.follow(_desk(), now)


def _desk() -> Desk:
    wiring: Wiring = current_app.extensions["shop"]
    account = wiring.content if wiring.content.configured else wiring.account
    return Desk(account, wiring.settings.public_url, Path(wiring.settings.picture_folder))


# What happens after something was announced. Each reaction is its own delivery, tried until it is done.
Reaction = Callable[[int, Mapping[str, object], datetime], None]
REACTIONS: Mapping[str, Mapping[str, Reaction]] = {
    chat_events.MESSAGE_ARRIVED: {"worker.answer_chat": answer_chat},
    chat_events.CLICKED: {"worker.answer_chat": answer_chat},
    chat_events.FOLLOWED: {
        "worker.answer_chat": answer_chat, "worker.note_scan": note_scan, "messaging.tell_after_all": message_hearing.tell_after_all,
    },
    chat_events.SCANNED: {"worker.note_scan": note_scan, "messaging.tell_after_all": message_hearing.tell_after_all},
    chat_events.TEMPLATE_FINISHED: {"messaging.take_result": message_hearing.take_result},
    chat_events.PUBLISH_FINISHED: {"worker.hear_publication": hear_publication},
    exchange_events.TO_CHECK: {"exchange.check": checking.check},
    exchange_events.TO_APPLY: {"exchange.apply": applying.apply},
    catalogue_events.BACK_IN_STOCK: {"messaging.tell_back_in_stock": telling.tell_back_in_stock},
    catalogue_events.PICTURE_ADDED: {"worker.make_picture_sizes": make_picture_sizes},
    order_events.PAID: {"messaging.tell_paid": telling.tell_paid, "worker.credit_follower": credit_follower},
    order_events.MOVED: {"messaging.tell_moved": telling.tell_moved},
    order_events.DELAYED: {"messaging.tell_delayed": telling.tell_delayed},
    pickup_events.READY: {"messaging.tell_ready": telling.tell_ready},
    payment_events.REFUND_ASKED: {"messaging.tell_refund_asked": telling.tell_refund_asked},
    payment_events.REFUNDED: {"messaging.tell_refunded": telling.tell_refunded},
    messaging_events.ADDRESS_GIVEN: {"worker.ask_for_address": ask_for_address},
    payment_events.NEEDS_A_PERSON: {"payments.alarm_a_person": payments.alarm_a_person},
    payment_events.REFUND_DUE: {"payments.send_back": refunding.send_back},
    payment_events.REFUND_ABNORMAL: {"payments.alarm_a_person": payments.alarm_a_person},
    contract_events.WITHDRAWN: {"worker.acknowledge_withdrawal": acknowledge_withdrawal},
    contract_events.LETTER_ASKED: {"worker.send_letter": send_letter},
    pickup_events.PARTLY_COLLECTED: {"payments.refund_missing": refund_asking.refund_missing},
}
# Announced, and nobody needs to hear it yet.
UNHEARD = frozenset(
    {
        order_events.PLACED, order_events.COLLECTED, order_events.CANCELLED, order_events.EXPIRED,
        pickup_events.UNDONE, pickup_events.CONFLICT, chat_events.UNFOLLOWED, chat_events.VIEWED,
    }
)  # fmt: skip


def queue(settings: Settings) -> Huey:
    """huey's storage by `SHOP_QUEUE_URL`: SQLite beside the database, PostgreSQL, or Redis."""
    url = settings.queue_url or _beside(settings.database_url)
    backend = make_url(url).get_backend_name()
    if backend == "sqlite":
        file = Path(str(make_url(url).database)).absolute()
        file.parent.mkdir(parents=True, exist_ok=True)
        return SqliteHuey("shop", filename=str(file), results=False, fsync=False)
    if backend == "redis":
        return RedisHuey("shop", url=url, results=False)
    return PostgresHuey("shop", dsn=url.replace("postgresql+psycopg://", "postgresql://"), results=False)


def _beside(database_url: str) -> str:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{Path(str(url.database)).with_suffix('.queue.db')}"
    return database_url


def wire(app: Flask, huey: Huey, exporting: ExportProcess | None = None) -> Callable[[], None]:
    """Register the tasks; answers the pulse: what is to be done every second. `exporting` is looked after by it."""
    wiring: Wiring = app.extensions["shop"]
    notify_url = f"{wiring.settings.public_url}/callbacks/wechat-pay/refund"

    @huey.task(name="deliver")
    def deliver(delivery_id: int) -> None:
        with app.app_context():
            delivering.deliver(delivery_id, REACTIONS, clock.now)

    @huey.task(name="ask_wechat_pay")
    @_one_at_a_time
    def ask_wechat_pay() -> None:
        with app.app_context():
            payments.ask_about_waiting(wiring.pay, clock.now())

    @huey.task(name="refund")
    @_one_at_a_time
    def refund() -> None:
        with app.app_context():
            refund_sending.send_due(wiring.pay, notify_url, clock.now())
            refund_sending.ask_about(wiring.pay, clock.now())

    @huey.periodic_task(crontab(minute="*"), name="every_minute")
    @_one_at_a_time
    def every_minute() -> None:
        with app.app_context():
            while orders.expire_due(clock.now()):  # what needs nobody's word comes first
                pass
            while pricing.settle_due(clock.now()):
                pass
            refunding.close_no_shows(clock.now())
            payments.expire_overdue(wiring.pay, clock.now())

    @huey.periodic_task(crontab(minute="*"), name="the_bank")
    @_one_at_a_time
    def the_bank() -> None:
        with app.app_context():
            _quietly(wiring.pay.refresh_certificates)
            folder, currency = Path(wiring.settings.bill_folder), wiring.settings.currency
            rate = wiring.settings.pay.fee_rate
            _quietly(reconciling.daily, wiring.pay, folder, clock.now(), currency=currency, fee_rate=rate)

    _plan(app, huey)
    send_messages = _tell(app, huey)
    due = {payments.any_question_due: ask_wechat_pay, refund_sending.any_due: refund, sending.any_due: send_messages}
    _follow_articles(app, huey)
    _tend_catalogue(app, huey)
    _forget_in_time(app, huey, wiring.settings)

    def pulse() -> None:
        with app.app_context():
            now = clock.now()
            delivering.spread(REACTIONS, now)
            for delivery_id in delivering.due(now):
                deliver(delivery_id)
            _start_what_is_due(due, now)
            _look_after(exporting, now)

    return pulse


def _start_what_is_due(tasks: Mapping[Any, Callable[[], object]], now: datetime) -> None:
    """Each task whose question says that there is something to do."""
    for any_due, task in tasks.items():
        if any_due(now):
            task()


def _tell(app: Flask, huey: Huey) -> Callable[[], object]:
    """Messages to travellers: what time tells is written down every minute; answers the task that sends what is due."""
    wiring: Wiring = app.extensions["shop"]
    account = wiring.account if wiring.account.configured else None
    ways = MessageWays(account, wiring.ways.post, wiring.settings.public_url)

    @huey.periodic_task(crontab(minute="*"), name="plan_messages")
    @_one_at_a_time
    def plan_messages() -> None:
        with app.app_context():
            telling.plan_due(clock.now())

    @huey.task(name="send_messages")
    @_one_at_a_time
    def send_messages() -> None:
        with app.app_context():
            sending.send_due(ways, clock.now)

    return cast(Callable[[], object], send_messages)
def _follow_articles(app: Flask, huey: Huey) -> None:
    """What became of articles that are being published, and of mass sends."""

    @huey.periodic_task(crontab(minute="*"), name="articles")
    @_one_at_a_time
    def articles() -> None:
        with app.app_context():
            publishing.follow(_desk(), clock.now())
            mass_sending.go_on(_desk(), clock.now())


def _plan(app: Flask, huey: Huey) -> None:
    """Schedules that are due, and what they have made on its way."""
    wiring: Wiring = app.extensions["shop"]

    @huey.periodic_task(crontab(minute="*"), name="schedules")
    @_one_at_a_time
    def schedules() -> None:
        with app.app_context():
            scheduling.run_due(clock.now())
            scheduling.send_finished(wiring.ways, Path(wiring.settings.export_folder), clock.now())


def _tend_catalogue(app: Flask, huey: Huey) -> None:
    """The search's index, travellers who wait for a product, and the exchange rates of the day as soon as they are out."""
    wiring: Wiring = app.extensions["shop"]

    @huey.periodic_task(crontab(minute="*"), name="catalogue")
    @_one_at_a_time
    def catalogue() -> None:
        with app.app_context():
            indexing.index_due()
            while wishing.announce_back(clock.now()):
                pass

    if wiring.rates is None:
        return
    rates, asked = wiring.rates, list[datetime]()

    @huey.periodic_task(crontab(minute="*"), name="exchange_rates")
    @_one_at_a_time
    def exchange_rates() -> None:
        with app.app_context():
            now = clock.now()
            if asked and now - asked[-1] < RATES_EVERY:
                return
            asked[:] = [now]
            _quietly(rate_keeping.fetch, rates, now)


def _look_after(exporting: ExportProcess | None, now: datetime) -> None:
    """Start the process that makes exports when one waits."""
    if exporting is not None:
        exporting.look(wanted=not exporting.running and making.any_waiting(now))


def _forget_in_time(app: Flask, huey: Huey, settings: Settings) -> None:
    """What is kept for a while only, and what is counted from the rest."""

    @huey.periodic_task(crontab(minute="17"), name="every_hour")
    def every_hour() -> None:
        with app.app_context():
            people.forget_old_sign_ins(clock.now())
            delivering.forget_done(clock.now() - timedelta(days=30))
            making.expire(Path(settings.export_folder), clock.now())

    @huey.periodic_task(crontab(minute="*/5"), name="count_days")
    @_one_at_a_time
    def count_days() -> None:
        with app.app_context():
            figures.count_days(clock.now())

    @huey.periodic_task(crontab(hour="2", minute="41"), name="every_night")
    @_one_at_a_time
    def every_night() -> None:
        with app.app_context():
            privacy.forget_due(clock.now(), settings.evidence_years)
            exchange.forget_old(clock.now())
            wishing.forget_old(clock.now())
            indexing.tidy()
            pictures.sweep(Path(settings.picture_folder), order_queries.pictures_among, clock.now())


def _one_at_a_time(job: Callable[[], None]) -> Callable[[], None]:
    """A job that is left out while it is still at work in this process. Other processes may do the same at the same time:
    the database decides then; this only keeps a slow peer from taking every thread."""
    at_work = threading.Lock()

    @wraps(job)
    def alone() -> None:
        if not at_work.acquire(blocking=False):
            return
        try:
            job()
        finally:
            at_work.release()

    return alone


def _quietly(job: Callable[..., object], *args: Any, **more: Any) -> None:
    """A job of the timetable whose refusals are only worth a line in the log: it comes again by itself."""
    try:
        job(*args, **more)
    except ShopError as refused:
        LOG.warning("not this time", job=job.__name__, reason=refused.code)


def run(app: Flask, workers: int = 2) -> None:
    """Work until told to stop (SIGINT or SIGTERM); what is in hand is finished first."""
    settings: Settings = app.extensions["shop"].settings
    huey = queue(settings)
    exporting = ExportProcess()
    pulse = wire(app, huey, exporting)
    consumer = huey.create_consumer(
        workers=workers, periodic=True, worker_type="thread", initial_delay=0.1, max_delay=1.0
    )
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()

    LOG.info("worker started", queue=type(huey).__name__)
    consumer.start()
    for number in (signal.SIGTERM, signal.SIGINT):  # after start(), which installs huey's own: SIGTERM would interrupt
        signal.signal(number, stop)
    while not stopping.wait(PULSE_SECONDS):
        try:
            pulse()
        except Exception:  # whatever it was, the next second may be better
            LOG.exception("pulse failed; the next one comes in a second")
        consumer.check_worker_health()
    exporting.stop()
    consumer.stop(graceful=True)
    LOG.info("worker stopped")
