"""Publishing drafts, and what became of it.

Official Account, freepublish: it goes on after the answer, ends with the event PUBLISHJOBFINISH, and reaches no follower's chat.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import AccountUnavailable

LOOKED_THROUGH = 20  # of the latest publications


class Published(StrEnum):
    DONE = "done"
    UNDER_WAY = "under_way"
    NOT_ORIGINAL = "not_original"  # somebody else has published this as their own
    FAILED = "failed"
    REFUSED = "refused"  # the platform has looked at it and said no
    GONE = "gone"  # deleted, or taken down by the platform


NUMBERS = {
    0: Published.DONE, 1: Published.UNDER_WAY, 2: Published.NOT_ORIGINAL, 3: Published.FAILED, 4: Published.REFUSED, 5: Published.GONE,
    6: Published.GONE,
}  # fmt: skip


class Publication(Struct, frozen=True):
    """What WeChat says of a publication; `article_id` and `address` once it is done."""

    outcome: Published
    article_id: str | None = None
    address: str | None = None


class Publications:
    """Every call raises AccountError."""

    def __init__(self, account: OfficialAccount) -> None:
        self._account = account

    def submit(self, media_id: str) -> str:
        """Publish a draft; the number of the publication. Not for repeating: after AccountUnavailable with `maybe_done` look with
        `find` first. Raises NotThere: the draft is gone."""
        said = self._account.call("/cgi-bin/freepublish/submit", {"media_id": media_id}, again=False)
        number = said.get("publish_id")
        if not isinstance(number, str | int) or not str(number):
            raise AccountUnavailable("unreadable", maybe_done=True)
        return str(number)

    def outcome(self, publish_id: str) -> Publication:
        """How it stands."""
        return read_publication(self._account.call("/cgi-bin/freepublish/get", {"publish_id": publish_id}))

    def find(self, source_url: str) -> Publication | None:
        """The latest publication whose "read more" leads to exactly this address."""
        said = self._account.call("/cgi-bin/freepublish/batchget", {"offset": 0, "count": LOOKED_THROUGH, "no_content": 1})
        for item in _mappings(said.get("item")):
            content = item.get("content")
            for news in _mappings(content.get("news_item") if isinstance(content, Mapping) else None):
                if news.get("content_source_url") == source_url and isinstance(item.get("article_id"), str):
                    return Publication(Published.DONE, item["article_id"], _address(news.get("url")))
        return None

    def take_down(self, article_id: str) -> None:
        """Delete what was published. It cannot be brought back. Harmless twice."""
        self._account.call("/cgi-bin/freepublish/delete", {"article_id": article_id, "index": 0})


def read_publication(said: Mapping[str, Any]) -> Publication:
    """The answer of `freepublish/get`, or the PublishEventInfo of an event. Raises AccountUnavailable: it makes no sense."""
    try:
        outcome = NUMBERS.get(int(said["publish_status"]), Published.FAILED)
    except (KeyError, TypeError, ValueError):
        raise AccountUnavailable("unreadable", maybe_done=False) from None
    article_id, detail = said.get("article_id"), said.get("article_detail")
    items = detail.get("item") if isinstance(detail, Mapping) else None
    first = next(iter(_mappings(items if isinstance(items, list) else [items])), {})
    return Publication(
        outcome, article_id if isinstance(article_id, str) and article_id else None, _address(first.get("article_url"))
    )


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _address(found: Any) -> str | None:
    return found if isinstance(found, str) and found.startswith(("https://", "http://")) and len(found) <= 500 else None
