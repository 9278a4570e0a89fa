"""Articles sent to everybody with a tag.

Official Account, message/mass/sendall: `clientmsgid` makes a repeat harmless (45065). Somebody who follows a service account gets
four of them a month at most, a content account sends one a day.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import AccountUnavailable, AlreadyThere


class Tag(Struct, frozen=True):
    """A tag of the account and how many followers have it."""

    id: int
    name: str
    followers: int


class MassMessages:
    """Every call raises AccountError."""

    def __init__(self, account: OfficialAccount) -> None:
        self._account = account

    def tags(self) -> list[Tag]:
        """The account's tags, as it lists them."""
        said = self._account.call("/cgi-bin/tags/get").get("tags")
        found = [one for one in said if isinstance(one, Mapping)] if isinstance(said, list) else []
        try:
            return [Tag(int(one["id"]), str(one["name"])[:60], int(one.get("count", 0))) for one in found]
        except (KeyError, TypeError, ValueError):
            raise AccountUnavailable("unreadable", maybe_done=False) from None

    def send(self, media_id: str, tag_id: int, client_msg_id: str) -> str | None:
        """Send a draft to everybody with the tag; WeChat's number of it. The same `client_msg_id` again sends nothing: None then,
        unless WeChat still says the number. After AccountUnavailable it may be repeated."""
        payload = {
            "filter": {"is_to_all": False, "tag_id": tag_id}, "mpnews": {"media_id": media_id}, "msgtype": "mpnews",
            "send_ignore_reprint": 0, "clientmsgid": client_msg_id,
        }  # fmt: skip
        try:
            said: Mapping[str, Any] = self._account.call("/cgi-bin/message/mass/sendall", payload)
        except AlreadyThere:
            return None
        number = said.get("msg_id")
        return str(number) if isinstance(number, str | int) and str(number) else None

    def is_sent(self, msg_id: str) -> bool | None:
        """Whether WeChat is through with it; False: it failed; None: it is still at it."""
        said = self._account.call("/cgi-bin/message/mass/get", {"msg_id": msg_id})
        status = str(said.get("msg_status", "")).upper().replace(" ", "_")
        return True if status == "SEND_SUCCESS" else False if status in ("SEND_FAIL", "DELETE") else None
