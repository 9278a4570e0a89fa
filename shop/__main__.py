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

from shop.base.errors import ShopError
from shop.settings import Settings, WrongSettings

if TYPE_CHECKING:
    from flask import Flask


def _app() -> "Flask":
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
    """Write the order report of a period (days of Frankfurt, both included) to a file."""
    from shop.base import clock
    from shop.reports import files
    from shop.reports.period import frankfurt_days

    today = clock.now().astimezone(ZoneInfo("Europe/Berlin")).date()
    last = date.fromisoformat(options.to) if options.to else today
    first = date.fromisoformat(getattr(options, "from")) if getattr(options, "from") else last - timedelta(days=30)
    with _app().app_context():
        since, until = frankfurt_days(first, last)
        totals = files.write_order_report(Path(options.output), options.format, since, until, options.lang)
    print(f"{options.output}: {totals}")
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


def delays(options: argparse.Namespace) -> int:
    """Import delays from a CSV file (flight,date,departs). All of them, or none: then every wrong line is named."""
    from shop.base import clock
    from shop.flights import delays as said
    from shop.orders import delaying

    text = Path(options.file).read_text(encoding="utf-8-sig", errors="replace")
    try:
        with _app().app_context():
            done = delaying.import_delays(said.read_file(text), "system", clock.now())
    except said.WrongFile as refused:
        for number, codes in sorted(said.lines_of(refused).items()):
            print(f"line {number}: {', '.join(codes)}" if number else ", ".join(codes), file=sys.stderr)
        raise ValueError("nothing was changed") from None
    for one in done:
        print(f"{one.flight} {one.date}: leaves {one.departs_at:%Y-%m-%d %H:%M} UTC, {one.orders} orders follow")
    return 0


def hand_over_rules(options: argparse.Namespace) -> int:
    """Say what a pickup point asks for at the hand-over and what of it is kept. All of it anew; without any option it is shown."""
    from shop.base import clock
    from shop.pickup import commands, queries
    from shop.pickup.checks import IDENTITY_FIELDS, PASS_FIELDS, Asks

    keeps = frozenset(options.keep)
    asks = Asks(options.boarding_pass, options.age, options.sealed_bag, options.identity, keeps)
    big = {"big_minor": options.big_amount, "big_pieces": options.big_pieces}
    for fields, asked, name in ((PASS_FIELDS, asks.boarding_pass, "--boarding-pass"), (IDENTITY_FIELDS, asks.identity, "--identity")):
        if not asked and (useless := sorted(keeps.intersection(fields))):
            raise ValueError(f"{', '.join(useless)} can be kept only with {name}")
    with _app().app_context():
        if options.nothing or asks != Asks() or any(big.values()):
            commands.put_rules(options.point, asks, said=("system", clock.now()), **big)
        rules = queries.rules_of(options.point)
    if rules is None:
        print(f"no such pickup point: {options.point}", file=sys.stderr)
        return 1
    asked_for = [name for name in ("boarding_pass", "age", "sealed_bag", "identity") if getattr(rules.asks, name)]
    print(f"{options.point} asks for: {', '.join(asked_for) or 'nothing'}")
    print(f"{options.point} keeps: {', '.join(sorted(rules.asks.keeps)) or 'nothing that was read'}")
    print(f"big from: {rules.big_minor or '-'} minor units, {rules.big_pieces or '-'} pieces")
    return 0


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


def catalogue(options: argparse.Namespace) -> int:
    """Write the whole catalogue to a file, or take such a file in: all of it or nothing, after every line was checked."""
    return _catalogue_export(options) if options.what == "export" else _catalogue_import(options)


def _catalogue_export(options: argparse.Namespace) -> int:
    from shop.base import clock
    from shop.exchange import exporting

    path = Path(options.output or f"catalogue.{options.format}")
    with _app().app_context():
        count = exporting.save_catalogue(path, options.format, options.lang, clock.now())
    print(f"{path}: {count} products")
    return 0


def _catalogue_import(options: argparse.Namespace) -> int:
    from shop.base import clock
    from shop.exchange import applying, checking, commands, queries
    from shop.exchange.told import told

    app, now = _app(), clock.now()
    settings: Settings = app.extensions["shop"].settings
    with app.app_context(), Path(options.file).open("rb") as file:
        kept = commands.take_in(file, options.file, settings.currency, "system", now, worker=False)
        checking.check(kept, {}, now)
        found = queries.one(kept)
        if not options.dry_run and found.state == "checked":
            commands.confirm(kept, found.run, "system", now, worker=False)
            applying.apply(kept, {}, now)
        for line in told(queries.one(kept)):
            print(line)
        return 0 if queries.one(kept).state in ("checked", "applied") else 1


def privacy(options: argparse.Namespace) -> int:
    """Say what is kept of people and how much of it is over; with --delete, forget that now. The worker does so every night."""
    from shop.base import clock
    from shop.privacy import commands, fields, forgetting

    app, now = _app(), clock.now()
    years = app.extensions["shop"].settings.evidence_years
    with app.app_context():
        counts = commands.forget_due(now, years) if options.delete else forgetting.due(now, years)
    if options.fields:
        for field in fields.PERSONAL.values():
            print(f"{field.column}: for {field.purpose}, by {field.basis}, until {field.kept}, then {field.then}")
    for rule, count in counts.items():
        print(f"{rule}: {count} rows {'forgotten' if options.delete else 'due'}")
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
    verb("seed", seed)
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
    exports.add_argument("report", choices=["orders"])
    exports.add_argument("--format", choices=["csv", "xlsx"], default="xlsx")
    exports.add_argument("--from", help="first day, YYYY-MM-DD (default: 30 days before the last)")
    exports.add_argument("--to", help="last day, YYYY-MM-DD (default: today)")
    exports.add_argument("--lang", choices=["zh", "en", "de"], default="zh")
    exports.add_argument("--output", required=True, help="the file to write")
    reconciles = verb("reconcile", reconcile)
    which = reconciles.add_mutually_exclusive_group()
    which.add_argument("--date", help="the day in Beijing, YYYY-MM-DD (default: the last one whose bill is due)")
    which.add_argument("--days", type=int, choices=range(1, 91), metavar="N", help="the last N days, oldest first")
    reconciles.add_argument("--file", help="a bill that was downloaded by hand (CSV or gzip), instead of asking WeChat")
    reconciles.add_argument("--fee-rate", type=_percent, metavar="PERCENT", help="also check the fees against this rate")
    reconciles.add_argument("--strict", action="store_true", help="exit 1 when something does not agree")
    goods = verb("catalogue", catalogue).add_subparsers(dest="what", required=True, metavar="WHAT")
    out = goods.add_parser("export", help="write every product to a file")
    out.add_argument("--format", choices=["xlsx", "csv"], default="xlsx")
    out.add_argument("--lang", choices=["zh", "en", "de"], default="zh", help="of the labels; of CSV also its separators")
    out.add_argument("--output", help="the file to write (default: catalogue.xlsx or catalogue.csv)")
    into = goods.add_parser("import", help="check a file line by line, then apply all of it or nothing")
    into.add_argument("file", help="XLSX or CSV; `catalogue export` makes one to start from")
    into.add_argument("--dry-run", action="store_true", help="only say what it would do")
    late = verb("delays", delays)
    late.add_argument("what", choices=["import"])
    late.add_argument("file", help="CSV: CA932,2026-11-26,23:40 or CA932,2026-11-26,2026-11-27 01:10 or CA932,2026-11-26,+95")
    log = verb("audit", audit)
    log.add_argument("what", choices=["verify"])
    log.add_argument("--expect", metavar="ROWS:HASH", help="a head noted earlier, which must still be part of the chain")
    _hand_over_options(verb("hand-over-rules", hand_over_rules))
    kept = verb("privacy", privacy)
    kept.add_argument("--delete", action="store_true", help="forget what is over now")
    kept.add_argument("--fields", action="store_true", help="also print every personal field with purpose, basis and time")
    verb("check-config", check_config)
    return parser


def _hand_over_options(asking: argparse.ArgumentParser) -> None:
    from shop.pickup.checks import EVIDENCE

    asking.add_argument("point", help="code of the pickup point")
    asking.add_argument("--boarding-pass", action="store_true", help="ask for the boarding pass of the order's flight")
    asking.add_argument("--age", action="store_true", help="ask for 18 years where there is alcohol")
    asking.add_argument("--sealed-bag", action="store_true", help="ask for a sealed bag where liquids go on a connecting flight")
    asking.add_argument("--identity", action="store_true", help="ask for the passport of the traveller who ordered")
    asking.add_argument("--keep", action="append", default=[], choices=sorted(EVIDENCE), help="a field that is kept; may be given often")
    asking.add_argument("--big-amount", type=_positive, metavar="MINOR", help="an order is big from this amount on, in minor units")
    asking.add_argument("--big-pieces", type=_positive, metavar="N", help="an order is big from so many pieces on")
    asking.add_argument("--nothing", action="store_true", help="ask for nothing (any more)")


def _positive(words: str) -> int:
    if not (words.isascii() and words.isdecimal() and 0 < int(words) < 10**9):
        raise argparse.ArgumentTypeError(f"{words!r} is not a whole number above 0")
    return int(words)


def main(words: list[str] | None = None) -> int:
    """Run one command; 0 when it went well, 1 when it was refused, 2 for words that make no sense."""
    os.environ.setdefault("SHOP_LOG_LEVEL", "WARNING" if "worker" not in (words or sys.argv) else "INFO")
    options = _parser().parse_args(words)
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
