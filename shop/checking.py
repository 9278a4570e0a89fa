"""`check-config`: what is set, what is missing, what is wrong. Names and sentences, never a secret."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from shop.base.db import engine_options
from shop.settings import Dialect, OfficialAccountSettings, Settings, WrongSettings

FEW_SECONDS = 60  # WeChat Pay refuses signatures that are 300 s off
PLAIN_MODE = ": the account's pushes are taken in plain mode, whose signature does not cover what they say"
REQUIRED_PAY = {
    Dialect.MAINLAND: ("mch_id", "serial_no", "private_key_file"),
    Dialect.CROSSBORDER: ("sp_mch_id", "sub_mch_id", "sp_app_id", "mcc", "serial_no", "private_key_file"),
}


def check(say: Callable[[str], None]) -> int:
    """Print a table with a line per setting and one per problem; answers 0 when there is no problem, else 1."""
    try:
        settings = Settings.from_env()
    except WrongSettings as wrong:
        for problem in wrong.problems:
            say(f"  WRONG    {problem}")
        return 1
    rows = list(_rows(settings))
    width = max(len(name) for name, _, _ in rows)
    for name, state, words in rows:
        say(f"  {state:<8} {name:<{width}}  {words}")
    return 1 if any(state in ("WRONG", "MISSING") for _, state, _ in rows) else 0


def _rows(settings: Settings) -> list[tuple[str, str, str]]:
    pay, account = settings.pay, settings.account
    rows = [
        ("SHOP_ENV", "ok", settings.environment.value),
        ("SHOP_SECRET_KEY", "ok", f"{len(settings.secret_key)} characters"),
    ]
    second = settings.require_second_factor
    rows.append(("SHOP_REQUIRE_SECOND_FACTOR", "ok" if second else "NOTE", "yes" if second else "managers sign in by password alone"))
    rows.append(("SHOP_DATABASE_URL", *_database(settings)))
    rows += [(name, "ok" if url.startswith("https://") else "NOTE", url if url.startswith("https://") else f"{url} is not https")
             for name, url in settings.peers().items()]  # fmt: skip
    rows += [
        (f"WECHAT_{name.upper()}", "ok" if value else state, "set" if value else f"is not set{PLAIN_MODE if name == 'aes_key' else ''}")
        for name, value, state in (
            ("app_id", account.app_id, "MISSING"), ("app_secret", account.secret, "MISSING"), ("token", account.token, "NOTE"),
            ("aes_key", account.aes_key, "NOTE"),
        )
    ]  # fmt: skip
    rows += [
        (
            f"WECHAT_PAY_{name.upper()}",
            "ok" if getattr(pay, name) else "MISSING",
            "set" if getattr(pay, name) else "is not set",
        )
        for name in REQUIRED_PAY[pay.dialect]
    ]
    rows.append(
        ("WECHAT_PAY_API_V3_KEY", "ok" if pay.api_v3_keys else "MISSING", f"{len(pay.api_v3_keys)} of 32 bytes")
    )
    rows.append(
        (
            "WECHAT_PAY_VERIFY_KEYS",
            "ok" if pay.verify_keys else "MISSING",
            ", ".join(name for name, _ in pay.verify_keys) or "is not set",
        )
    )
    rows += [("WECHAT_PAY keys", "WRONG", problem) for problem in _pay_problems(settings)]
    rows.append(("imprint", *_imprint(settings)))
    if account.app_id and account.secret:
        rows.append(("WECHAT access", *_access(account)))
    if settings.content.app_id and settings.content.secret:
        rows.append(("WECHAT_CONTENT access", *_access(settings.content)))
    rows.append(("clock", *_clock(settings)))
    rows.append(
        ("SHOP_PICTURE_FOLDER", "ok" if Path(settings.picture_folder).is_dir() else "NOTE", settings.picture_folder)
    )
    rows.append(("doors", *_doors()))
    return rows


def _doors() -> tuple[str, str]:
    """Whether every door opens that the web process opens only when somebody comes."""
    from shop.web.doors import LATE

    shut = {}
    for door, parts in LATE.items():
        try:
            list(parts())
        except Exception as error:
            shut[door] = type(error).__name__
    if shut:
        return "WRONG", ", ".join(f"{door} does not open ({error})" for door, error in shut.items())
    return "ok", "all open"


def _pay_problems(settings: Settings) -> list[str]:
    from shop.base import clock
    from shop.gateways.pay import WeChatPay

    return WeChatPay(settings.pay, settings.account.app_id, clock=clock.now, threads=settings.threads).problems()


def _access(account: OfficialAccountSettings) -> tuple[str, str]:
    """Whether WeChat would give this machine a token. It takes none away from anybody."""
    from shop.gateways.official_account import (
        AccountError,
        AccountMisconfigured,
        AccountUnavailable,
        IpNotAllowed,
        OfficialAccount,
        QuotaUsedUp,
        TokenRejected,
    )

    try:
        OfficialAccount(account).ask_for_token()
    except IpNotAllowed as refused:
        where = "put it into the IP allowlist of the account (developers.weixin.qq.com/platform), and give the shop a fixed address"
        words = {
            89503: "an administrator of the account has to confirm this address in WeChat",
            89506: "an administrator refused this address; ask again in 24 hours",
            89507: "an administrator refused this address; ask again in an hour",
        }.get(refused.errcode, f"WeChat does not let {refused.ip or 'this address'} in: {where}")
        return "WRONG", words
    except (AccountMisconfigured, TokenRejected) as refused:
        return "WRONG", f"WeChat refuses app id or secret (number {refused.errcode})"
    except QuotaUsedUp:
        return "NOTE", "as many tokens as a day allows were fetched: does something else fetch them?"
    except AccountUnavailable as fault:
        return "NOTE", f"could not be tried ({fault.reason})"
    except AccountError as refused:
        return "WRONG", f"WeChat refuses (number {refused.errcode})"
    return "ok", "WeChat gives a token"


def _database(settings: Settings) -> tuple[str, str]:
    url = settings.database_url
    backend = url.partition(":")[0]
    try:
        engine = create_engine(url, **engine_options(url))
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()
    except SQLAlchemyError as error:
        return "WRONG", f"{backend}: {type(error).__name__}"
    return "ok", f"{backend}, reachable"


def _imprint(settings: Settings) -> tuple[str, str]:
    """Whether a manager has said who sells; the database knows."""
    from shop.base import clock
    from shop.base.versions import day_of, newest
    from shop.policies import seller
    from shop.policies.first_values import SELLER

    try:
        engine = create_engine(settings.database_url, **engine_options(settings.database_url))
        with engine.connect() as connection:
            value = connection.execute(select(newest("seller", "all", day_of(clock.now())))).scalar() or SELLER
        engine.dispose()
    except SQLAlchemyError:
        return "NOTE", "cannot be looked up: the database is not reachable or not migrated"
    missing = seller.missing(value)
    return ("MISSING", f"the seller lacks {', '.join(missing)}: back office, Settings, The seller") if missing else ("ok", "complete")


def _clock(settings: Settings) -> tuple[str, str]:
    """Our clock against the one WeChat Pay's answers carry; more than 300 s apart, nothing either says is believed."""
    from email.utils import parsedate_to_datetime

    import requests

    from shop.base import clock
    from shop.base.http import peer_session

    try:
        answer = peer_session(settings.pay.url).head("https://api.mch.weixin.qq.com/", timeout=(3, 5))
        apart = abs((clock.now() - parsedate_to_datetime(answer.headers["Date"])).total_seconds())
    except (requests.RequestException, KeyError, ValueError) as error:
        return "NOTE", f"could not be compared with WeChat Pay's ({type(error).__name__})"
    return ("ok" if apart < FEW_SECONDS else "WRONG"), f"{apart:.0f} s from WeChat Pay's"
