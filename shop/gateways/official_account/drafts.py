"""Pictures and drafts of articles, at the account that publishes them.

Official Account, media/uploadimg, material/add_material, draft: pictures in a text are taken only from WeChat's own store; a draft
is gone once it was published or sent.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import AccountUnavailable, NotThere


class DraftText(Struct, frozen=True):
    """`content` is HTML whose pictures are WeChat's; `source_url` is where "read more" leads; `cover` a permanent media id."""

    title: str
    author: str
    digest: str
    content: str
    source_url: str
    cover: str

    def payload(self) -> dict[str, Any]:
        return {
            "article_type": "news", "title": self.title, "author": self.author, "digest": self.digest, "content": self.content,
            "content_source_url": self.source_url, "thumb_media_id": self.cover, "need_open_comment": 0, "only_fans_can_comment": 0,
        }  # fmt: skip


class Drafts:
    """Every call raises AccountError."""

    def __init__(self, account: OfficialAccount) -> None:
        self._account = account

    def upload_picture(self, name: str, content: bytes, content_type: str) -> str:
        """A picture for a text: its address at WeChat. Sent twice it is there twice; it counts against no limit."""
        return _text(self._account.upload("/cgi-bin/media/uploadimg", name, content, content_type), "url")

    def upload_cover(self, name: str, content: bytes, content_type: str) -> str:
        """A picture for good, as a cover: its media id. The store holds 100,000."""
        said = self._account.upload("/cgi-bin/material/add_material", name, content, content_type, params={"type": "image"})
        return _text(said, "media_id")

    def add(self, text: DraftText) -> str:
        """A new draft; its media id. Sent twice there are two."""
        return _text(self._account.call("/cgi-bin/draft/add", {"articles": [text.payload()]}, again=False), "media_id")

    def update(self, media_id: str, text: DraftText) -> None:
        """The draft as it is to be. Harmless twice. Raises NotThere: somebody has deleted, published or sent it."""
        self._account.call("/cgi-bin/draft/update", {"media_id": media_id, "index": 0, "articles": text.payload()})

    def is_there(self, media_id: str) -> bool:
        """Whether the draft has neither been published, sent nor deleted."""
        try:
            self._account.call("/cgi-bin/draft/get", {"media_id": media_id})
        except NotThere:
            return False
        return True

    def preview(self, media_id: str, wechat_name: str) -> None:
        """Send the draft to one WeChat account that follows this one, to look at. 100 a day."""
        payload = {"towxname": wechat_name, "mpnews": {"media_id": media_id}, "msgtype": "mpnews"}
        self._account.call("/cgi-bin/message/mass/preview", payload)


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= 500:
        raise AccountUnavailable("unreadable", maybe_done=True)
    return found
