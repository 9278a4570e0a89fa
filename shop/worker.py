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
from flask import Flask
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from sqlalchemy.engine.url import make_url

from shop.base import clock, delivering
from shop.base.errors import ShopError
from shop.campaigns import publishing
from shop.campaigns import sending as mass_sending
from shop.catalogue import indexing, pictures, pricing, rate_keeping, wishing
from shop.exchange import commands as exchange
from shop.exports import making, scheduling
from shop.exports.processes import ExportProcess
from shop.figures import commands as figures
from shop.messaging import planning as telling
from shop.messaging import sending
from shop.messaging.sending import Ways as MessageWays
from shop.orders import commands as orders
from shop.orders import queries as order_queries
from shop.payments import commands as payments
from shop.payments import reconciling, refund_sending, refunding
from shop.people import commands as people
from shop.privacy import commands as privacy
from shop.reacting import REACTIONS, desk
from shop.settings import Settings
from shop.web.wiring import Wiring

LOG = structlog.get_logger("shop.worker")
PULSE_SECONDS = 1.0
RATES_EVERY = timedelta(minutes=10)  # how often the ECB is asked while it may have something new


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
            publishing.follow(desk(), clock.now())
            mass_sending.go_on(desk(), clock.now())


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
