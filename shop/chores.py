"""What an operator does about goods, counters, flights and people's data from a shell: verbs of `python -m shop`."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from shop.settings import Settings

Verb = Callable[[str, Callable[[argparse.Namespace], int]], argparse.ArgumentParser]


def add_to(verb: Verb) -> None:
    """Make these verbs known; `verb` gives a parser for a name and what it does. Their options have `app`, which makes the shop."""
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
    _hand_over_options(verb("hand-over-rules", hand_over_rules))
    below = verb("menu", menu).add_subparsers(dest="what", required=True, metavar="WHAT")
    up = below.add_parser("publish", help="give the menu to WeChat", description="Give the menu of the account to WeChat, as a whole.")
    up.add_argument("--file", help='JSON like {"button": […]} instead of the menu saved in the back office; it is saved there too')
    up.add_argument("--check", action="store_true", help="change nothing: exit 1 when the menu is wrong, or is not what is live")
    shown = below.add_parser("show", help="print the menu as JSON, to start a file from")
    shown.add_argument("--live", action="store_true", help="the one travellers see now")
    verb("compile", compile_ahead)
    kept = verb("privacy", privacy)
    kept.add_argument("--delete", action="store_true", help="forget what is over now")
    kept.add_argument("--fields", action="store_true", help="also print every personal field with purpose, basis and time")


def compile_ahead(_options: argparse.Namespace) -> int:
    """Compile code and pages, for a service that may not write beside them; it needs no settings."""
    import compileall

    from shop.app import create_app
    from shop.settings import Environment

    sys.dont_write_bytecode = False
    done = compileall.compile_dir(Path(__file__).parent, quiet=1)
    app = create_app(Settings(secret_key="nobody comes in", environment=Environment.DEMO, database_url="sqlite://"))  # noqa: S106
    pages = app.jinja_env.list_templates(extensions=["html"])
    for page in pages:
        app.jinja_env.get_template(page)
    print(f"{len(pages)} pages and all code compiled")
    return 0 if done else 1


def menu(options: argparse.Namespace) -> int:
    """The menu below the chat of the Service Account: print it, check it, publish it."""
    import json

    from shop.base import clock
    from shop.chat import menu_rules, menus
    from shop.gateways.official_account import live_menu

    app = options.app()
    account, settings = app.extensions["shop"].account, app.extensions["shop"].settings
    with app.app_context():
        mine = menus.present()
        if options.what == "show":
            live = live_menu(account) if options.live else None
            print(json.dumps({"button": live} if options.live else mine.content, ensure_ascii=False, indent=1))
            return 0
        try:
            if options.file:
                content = json.loads(Path(options.file).read_text(encoding="utf-8-sig"))
                menu_rules.check(content)
                mine = menus.Menu(0, content) if options.check else menus.save(content, seen=None, by="system", now=clock.now())
            menu_rules.check(mine.content)
        except menu_rules.WrongMenu as wrong:
            for place, codes in sorted(wrong.fields.items()):
                print(f"{place}: {', '.join(codes)}", file=sys.stderr)
            raise ValueError("nothing was changed") from None
        for one in menu_rules.as_shown(mine.content):
            print(f"{one.seen}  {one.does}".rstrip())
            for under in one.below:
                print(f"  {under.seen}  {under.does}")
        if options.check:
            same = menus.compare(mine, account, settings.public_url).same
            print("this is what is live" if same else "this is not what is live")
            return 0 if same else 1
        menus.publish(mine, account, settings.public_url, by="system", now=clock.now())
        print("published")
    return 0


def delays(options: argparse.Namespace) -> int:
    """Import delays from a CSV file (flight,date,departs). All of them, or none: then every wrong line is named."""
    from shop.base import clock
    from shop.flights import delays as said
    from shop.orders import delaying

    text = Path(options.file).read_text(encoding="utf-8-sig", errors="replace")
    try:
        with options.app().app_context():
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
    with options.app().app_context():
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


def catalogue(options: argparse.Namespace) -> int:
    """Write the whole catalogue to a file, or take such a file in: all of it or nothing, after every line was checked."""
    return _catalogue_export(options) if options.what == "export" else _catalogue_import(options)


def _catalogue_export(options: argparse.Namespace) -> int:
    from shop.base import clock
    from shop.exchange import exporting

    path = Path(options.output or f"catalogue.{options.format}")
    with options.app().app_context():
        count = exporting.save_catalogue(path, options.format, options.lang, clock.now())
    print(f"{path}: {count} products")
    return 0


def _catalogue_import(options: argparse.Namespace) -> int:
    from shop.base import clock
    from shop.exchange import applying, checking, commands, queries
    from shop.exchange.told import told

    app, now = options.app(), clock.now()
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

    app, now = options.app(), clock.now()
    years = app.extensions["shop"].settings.evidence_years
    with app.app_context():
        counts = commands.forget_due(now, years) if options.delete else forgetting.due(now, years)
    if options.fields:
        for field in fields.PERSONAL.values():
            print(f"{field.column}: for {field.purpose}, by {field.basis}, until {field.kept}, then {field.then}")
    for rule, count in counts.items():
        print(f"{rule}: {count} rows {'forgotten' if options.delete else 'due'}")
    return 0


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
