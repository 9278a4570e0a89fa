"""The menu of the account: saved here, published to WeChat, compared with what is live."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct
from sqlalchemy import insert, select, update

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.chat import menu_rules
from shop.chat.models import AccountMenu
from shop.gateways.official_account import OfficialAccount, live_menu, publish_menu

LOG = structlog.get_logger("shop.chat")
MENUS: Any = AccountMenu.__table__
SHOWN = 20  # of the menus that were saved


class MenuMovedOn(ShopError):
    """Somebody has saved another menu since the page was made. Nothing was changed."""

    kind, code = Kind.CONFLICT, "menu_moved_on"


class Menu(Struct, frozen=True):
    """A menu as it was saved. `id` 0: the one a shop starts with, which nobody has saved."""

    id: int
    content: dict[str, Any]
    saved_at: datetime | None = None
    saved_by: str = ""
    published_at: datetime | None = None
    published_by: str | None = None


class Compared(Struct, frozen=True):
    """What travellers see, beside what is saved. `live` None: there is no menu at WeChat."""

    live: Any
    same: bool


def present() -> Menu:
    """The newest menu, or the one a shop starts with."""
    found = saved(limit=1)
    return found[0] if found else Menu(0, menu_rules.first_menu())


def saved(limit: int = SHOWN) -> list[Menu]:
    """The menus that were saved, the newest first."""
    with reading() as session:
        rows = session.execute(select(MENUS).order_by(MENUS.c.id.desc()).limit(limit)).all()
    return [Menu(**row._mapping) for row in rows]


def save(content: Mapping[str, Any], *, seen: int | None, by: str, now: datetime) -> Menu:
    """Save a menu; `seen` is the key of the one the person had in sight (None: whichever). Raises WrongMenu, MenuMovedOn."""
    menu_rules.check(content)
    with transaction() as session:
        newest = session.scalar(select(MENUS.c.id).order_by(MENUS.c.id.desc()).limit(1)) or 0
        if seen is not None and seen != newest:
            raise MenuMovedOn
        row = {"content": {"button": content["button"]}, "saved_at": now, "saved_by": by}
        made = session.execute(insert(MENUS).values(row).returning(MENUS.c.id)).scalar_one()
        audit.record(session, by, "menu.saved", f"menu:{made}", now, after={"button": content["button"]})
    return Menu(made, {"button": content["button"]}, now, by)


def publish(menu: Menu, account: OfficialAccount, shop_url: str, *, by: str, now: datetime) -> None:
    """Give a menu to WeChat, as a whole. Raises WrongMenu, AccountError; then what travellers see stays as it was."""
    menu_rules.check(menu.content)
    publish_menu(account, menu_rules.whole(menu.content, shop_url))
    with transaction() as session:
        if menu.id:
            session.execute(update(MENUS).where(MENUS.c.id == menu.id).values(published_at=now, published_by=by))
        audit.record(session, by, "menu.published", f"menu:{menu.id}", now, after={"button": menu.content["button"]})
    LOG.info("menu published", menu=menu.id, by=by)


def compare(menu: Menu, account: OfficialAccount, shop_url: str) -> Compared:
    """What is live, and whether it is this menu. Raises AccountError."""
    live = live_menu(account)
    return Compared(live, menu_rules.alike(live, menu_rules.whole(menu.content, shop_url)))
