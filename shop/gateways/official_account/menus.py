"""The menu below the chat, as WeChat has it."""

from collections.abc import Mapping, Sequence
from typing import Any

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import NotThere

Buttons = Sequence[Mapping[str, Any]]


def live_menu(account: OfficialAccount) -> Buttons | None:
    """The buttons that travellers see; None when there is no menu. Raises AccountError."""
    try:
        menu = account.call("/cgi-bin/menu/get").get("menu")
    except NotThere:
        return None
    found = menu.get("button") if isinstance(menu, dict) else None
    return found if isinstance(found, list) else None


def publish_menu(account: OfficialAccount, buttons: Buttons) -> None:
    """Replace the menu as a whole; phones show it within minutes. Raises AccountError."""
    account.api.menu.create({"button": list(buttons)})
