"""What the platform remembers of articles: pictures, drafts, publications, tags and mass sends, by account."""

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

PUBLISHED, UNDER_WAY = 0, 1
PUBLISH_SECONDS = 1.0  # real ones, from the answer to the end
SENDS_A_MONTH = 4
PREVIEWS_A_DAY = 100


@dataclass(kw_only=True)
class Picture:
    """`media_id` for one that is kept for good, else only an address."""

    id: str
    content: bytes = field(repr=False)
    kind: str
    media_id: str = ""


@dataclass(kw_only=True)
class Draft:
    media_id: str
    articles: list[dict[str, Any]]
    made_at: float


@dataclass(kw_only=True)
class Job:
    """A publication on its way. `status` is what it will be."""

    publish_id: str
    media_id: str
    articles: list[dict[str, Any]]
    ends_at: float
    status: int
    article_id: str = ""


@dataclass(kw_only=True)
class Article:
    """What anybody can read at `/s/<id>`."""

    article_id: str
    news: list[dict[str, Any]]
    published_at: float
    by_sending: bool = False


@dataclass(kw_only=True)
class Tag:
    id: int
    name: str
    members: set[str] = field(default_factory=set)
    others: int = 0  # followers that no traveller here stands for


@dataclass(kw_only=True)
class Send:
    """A mass send. `status` is what it will be."""

    msg_id: str
    client_msg_id: str
    tag_id: int
    media_id: str
    articles: list[dict[str, Any]]
    total: int
    at: float
    ends_at: float
    status: str

    def shown(self) -> dict[str, Any]:
        return {"msg_id": self.msg_id, "clientmsgid": self.client_msg_id, "tag_id": self.tag_id, "total": self.total, "status": self.status}


@dataclass
class Press:
    """Of one account."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    articles: dict[str, Article] = field(default_factory=dict)
    tags: dict[int, Tag] = field(default_factory=dict)
    sends: dict[str, Send] = field(default_factory=dict)
    previews: list[dict[str, Any]] = field(default_factory=list)
    next_status: list[int] = field(default_factory=list)  # of the next publications
    next_send: list[str] = field(default_factory=list)  # of the next mass sends
    seconds: float = PUBLISH_SECONDS
    revoked: bool = False  # freepublish since July 2025, for accounts that are not a verified enterprise's

    def shown(self) -> dict[str, Any]:
        return {
            "pictures": [
                {"id": one.id, "kind": one.kind, "bytes": len(one.content), "media_id": one.media_id} for one in self.pictures.values()
            ],
            "drafts": [asdict(one) for one in self.drafts.values()],
            "jobs": [asdict(one) for one in self.jobs.values()],
            "articles": [asdict(one) for one in self.articles.values()],
            "tags": [{"id": one.id, "name": one.name, "members": sorted(one.members), "others": one.others} for one in self.tags.values()],
            "sends": [one.shown() for one in self.sends.values()],
            "previews": self.previews,
        }


def new_id(length: int = 43) -> str:
    return secrets.token_urlsafe(64).replace("-", "_")[:length]


def new_number() -> str:
    """As WeChat numbers publications and messages: more than 32 bits."""
    return str(2247483647 + secrets.randbelow(10**9))
