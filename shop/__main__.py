"""`python -m shop …`: what an operator does from a shell. (The sandbox is its own: `python -m shop.sandbox`.)"""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from shop import chores
from shop.base.errors import ShopError
from shop.settings import Settings, WrongSettings

if TYPE_CHECKING:
    from flask import Flask


def _app() -> "Flask":
    from shop import tables  # noqa: F401 - the mappers
    from shop.app import create_app

    return create_app()


def migrate(options: argparse.Namespace) -> int:
    """Bring the database to the newest schema (or to --revision)."""
    from shop.base import schema

    app = _app()
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    if options.down:
        schema.downgrade(url, options.revision)
    else:
        schema.upgrade(url, options.revision)
    print(f"database is at {options.revision}")
    return 0


def seed(options: argparse.Namespace) -> int:
    """Put the example shop into the database: products with pictures, flights, pickup points. Harmless twice."""
    from shop.base import clock
    from shop.seeding import put_example_shop

    app = _app()
    settings: Settings = app.extensions["shop"].settings
    with app.app_context():
        put_example_shop(settings.currency, Path(settings.picture_folder), clock.now(), print)
        if options.accounts:
            from shop.account_seeding import put_example_accounts

            account = app.extensions["shop"].account
            put_example_accounts(account if account.configured else None, clock.now(), print)
    return 0


def worker(options: argparse.Namespace) -> int:
    """Do what is to be done when nobody waits, until stopped."""
    from shop import worker as work

    work.run(_app(), options.threads)
    return 0


def create_manager(options: argparse.Namespace) -> int:
    """Make somebody who may do everything in the back office: manager and admin. The password comes from --password-file or the
    keyboard."""
    from shop.base import clock
    from shop.people import staffing

    password = (
        Path(options.password_file).read_text().strip() if options.password_file else getpass.getpass("Password: ")
    )
    with _app().app_context():
        staffing.create_manager(options.name, password, clock.now())
    print(f"{options.name} may sign in at /manage/")
    return 0


def invite(options: argparse.Namespace) -> int:
    """Invite somebody to the back office and print the link, once. It works once and for a week."""
    from shop.base import clock
    from shop.flights import queries as flights
    from shop.people import inviting
    from shop.people.rights import Grant, Role

    app = _app()
    with app.app_context():
        points = {point.code: int(point.id) for point in flights.points()}
        if options.point and options.point not in points:
            raise ValueError(f"no such pickup point; there are {', '.join(points)}")
        grant = Grant(Role(options.role), points[options.point] if options.point else None)
        token = inviting.invite(None, options.name, [grant], clock.now())
    print(f"{app.config['PUBLIC_URL']}/manage/invitation/{token}")
    return 0


def reset_second_factor(options: argparse.Namespace) -> int:
    """Take somebody's second factor away: the next sign-in sets up another one. For when nobody else can do it on a page."""
    from shop.base import clock
    from shop.people import staffing

    with _app().app_context():
        staffing.reset_second_factor(None, staffing.by_name(options.name), clock.now())
    print(f"{options.name} sets up a new second factor at the next sign-in")
    return 0


def create_device(options: argparse.Namespace) -> int:
    """Make a counter, packer or manager device and print its bearer token, once."""
    from shop.base import clock
    from shop.flights import queries as flights
    from shop.people import commands
    from shop.people.states import DeviceKind

    with _app().app_context():
        points = {point.code: point.id for point in flights.points()}
        if options.point and options.point not in points:
            print(f"no such pickup point; there are {', '.join(points)}", file=sys.stderr)
            return 1
        point = points[options.point] if options.point else None
        print(commands.create_device(options.name, DeviceKind(options.kind), point, None, clock.now()))
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a report of a period (days of Frankfurt, both included) to a file."""
    from shop.base import clock
    from shop.reports import files
    from shop.reports.asked import Asked, Day, Header, Who
    from shop.reports.period import Period, frankfurt_days
    from shop.reports.registry import named

    today = clock.now().astimezone(ZoneInfo("Europe/Berlin")).date()
    last = date.fromisoformat(options.to) if options.to else today
    first = date.fromisoformat(getattr(options, "from")) if getattr(options, "from") else last - timedelta(days=30)
    with _app().app_context():
        since, until = frankfurt_days(first, last)
        if options.report == "orders" and not options.by:
            totals = files.write_order_report(Path(options.output), options.format, since, until, options.lang)
            print(f"{options.output}: {totals}")
            return 0
        days = named(options.report).days
        day = Day(options.by) if options.by else days[0] if days else Day.ORDERED
        asked = Asked(options.report, Period(since, until), options.lang, day, header=Header(options.header))
        made = files.write_report(Path(options.output), options.format, asked, Who("", clock.now()))
    print(f"{options.output}: rows {made.rows}")
    return 0


def make_exports(options: argparse.Namespace) -> int:
    """Make the exports that wait, one after the other, then end. The worker starts this when something waits."""
    from shop.base import clock
    from shop.exports import making, processes

    processes.be_modest()
    app = _app()
    settings: Settings = app.extensions["shop"].settings
    with app.app_context():
        count = making.make_all(Path(settings.export_folder), clock.now)
    print(f"{count} exports made")
    return 0


def reconcile(options: argparse.Namespace) -> int:
    """Compare WeChat Pay's bill of a day in Beijing with the books. Harmless twice; a day without trades is normal."""
    from shop.base import clock
    from shop.payments import reconciling
    from shop.payments.reconcile_words import told

    if options.file and options.days:
        raise ValueError("--file is one day's bill: name the day with --date")
    app, now = _app(), clock.now()
    settings: Settings = app.extensions["shop"].settings
    pay, folder = app.extensions["shop"].pay, Path(settings.bill_folder)
    rate = settings.pay.fee_rate if options.fee_rate is None else options.fee_rate
    common: dict[str, Any] = {"currency": settings.currency, "fee_rate": rate}
    days = [date.fromisoformat(options.date)] if options.date else reconciling.last_days(options.days or 1, now)
    wrong = False
    with app.app_context():
        for day in days:
            if options.file:
                result = reconciling.reconcile_file(day, Path(options.file), pay, folder, now, **common)
            else:
                result = reconciling.reconcile(day, pay, folder, now, **common)
            for line in told(result):
                print(line)
            wrong = wrong or not result.matched or result.totals.open > 0
    return 1 if wrong and options.strict else 0


def audit(options: argparse.Namespace) -> int:
    """Check the chain of the audit log and print its head. Exit 1 when a row is not as it was written."""
    from shop.base import audit as log

    expected = None
    if options.expect:
        length, _, said = options.expect.partition(":")
        expected = (int(length), said.strip())
    with _app().app_context():
        chain = log.verify(expected)
    if not chain.whole:
        print(f"broken: row {chain.broken} of {chain.length} is not as it was written", file=sys.stderr)
        return 1
    print(f"whole: {chain.length} rows, head {chain.length}:{chain.hash}")
    return 0


def _percent(words: str) -> Decimal:
    """`0.6` or `0.6%` as a share of one."""
    try:
        rate = Decimal(words.strip().removesuffix("%")) / 100
        sensible = 0 <= rate < 1
    except InvalidOperation:
        sensible = False
    if not sensible:
        raise argparse.ArgumentTypeError(f"{words!r} is not a share between 0 and 100 percent")
    return rate


def check_config(options: argparse.Namespace) -> int:
    """Say what is set, what is missing and what is wrong, without printing a secret. Exit 1 when something is wrong."""
    from shop.checking import check

    return check(print)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m shop", description="The duty-free shop, from a shell.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(name: str, does: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        words = (does.__doc__ or "").strip()
        made = verbs.add_parser(name, help=words.split(".")[0], description=words)
        made.set_defaults(does=does)
        return made

    migrating = verb("migrate", migrate)
    migrating.add_argument("--revision", default="head", help="which revision (default: the newest)")
    migrating.add_argument("--down", action="store_true", help="go back to --revision instead")
    seeds = verb("seed", seed)
    seeds.add_argument("--accounts", action="store_true", help="also a menu, answers of the chat, its service hours, an article, templates")
    verb("worker", worker).add_argument("--threads", type=int, default=2, help="jobs at a time (default 2)")
    managers = verb("create-manager", create_manager)
    managers.add_argument("name")
    managers.add_argument("--password-file", help="file that holds the password; else it is asked for")
    invites = verb("invite", invite)
    invites.add_argument("name")
    invites.add_argument("--role", default="admin", help="packer, counter, supervisor, manager, accountant, marketing or admin (default)")
    invites.add_argument("--point", help="code of the pickup point (default: every point)")
    verb("reset-second-factor", reset_second_factor).add_argument("name")
    devices = verb("create-device", create_device)
    devices.add_argument("name")
    devices.add_argument("--kind", choices=["counter", "packer", "manager", "supervisor"], default="counter")
    devices.add_argument("--point", help="code of its pickup point (default: every point)")
    exports = verb("export", export)
    exports.add_argument("report", help="orders, by_day, by_product, refunds … (the names in the back office's addresses)")
    exports.add_argument("--by", choices=["ordered", "pickup"], help="which day the period means, where a report knows both")
    exports.add_argument("--header", choices=["words", "both", "technical"], default="words", help="what stands above the columns")
    exports.add_argument("--format", choices=["csv", "xlsx"], default="xlsx")
    exports.add_argument("--from", help="first day, YYYY-MM-DD (default: 30 days before the last)")
    exports.add_argument("--to", help="last day, YYYY-MM-DD (default: today)")
    exports.add_argument("--lang", choices=["zh", "en", "de"], default="zh")
    exports.add_argument("--output", required=True, help="the file to write")
    verb("make-exports", make_exports)
    reconciles = verb("reconcile", reconcile)
    which = reconciles.add_mutually_exclusive_group()
    which.add_argument("--date", help="the day in Beijing, YYYY-MM-DD (default: the last one whose bill is due)")
    which.add_argument("--days", type=int, choices=range(1, 91), metavar="N", help="the last N days, oldest first")
    reconciles.add_argument("--file", help="a bill that was downloaded by hand (CSV or gzip), instead of asking WeChat")
    reconciles.add_argument("--fee-rate", type=_percent, metavar="PERCENT", help="also check the fees against this rate")
    reconciles.add_argument("--strict", action="store_true", help="exit 1 when something does not agree")
    log = verb("audit", audit)
    log.add_argument("what", choices=["verify"])
    log.add_argument("--expect", metavar="ROWS:HASH", help="a head noted earlier, which must still be part of the chain")
    chores.add_to(verb)
    verb("check-config", check_config)
    return parser


def main(words: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 when it was refused, 2 for words that make no sense."""
    os.environ.setdefault("SHOP_LOG_LEVEL", "WARNING" if "worker" not in (words or sys.argv) else "INFO")
    options = _parser().parse_args(words)
    options.app = _app
    try:
        return int(options.does(options))
    except WrongSettings as wrong:
        for problem in wrong.problems:
            print(f"settings: {problem}", file=sys.stderr)
        return 1
    except (ShopError, ValueError, OSError) as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
