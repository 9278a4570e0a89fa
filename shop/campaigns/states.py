"""What becomes of an article and of a mass send. Each table is the specification; `move_of` and `send_move_of` are its doors."""

from collections.abc import Mapping
from enum import StrEnum

from shop.base.errors import Kind, ShopError


class CampaignKind(StrEnum):
    ARTICLE = "article"
    POSTER = "poster"
    MENU = "menu"
    LINK = "link"  # any other place: a signature, a partner's page


class ArticleState(StrEnum):
    WRITING = "writing"
    DRAFTED = "drafted"  # it lies with WeChat as a draft; what was written since is sent again
    PUBLISHING = "publishing"  # WeChat has it, or may have it, and has not said what became of it
    PUBLISHED = "published"
    FAILED = "failed"  # WeChat said no; it can be changed and sent again
    TAKEN_DOWN = "taken_down"  # was published, and is not any more
    ARCHIVED = "archived"


class SendState(StrEnum):
    PREPARED = "prepared"  # waits for the second click
    SENDING = "sending"  # on its way to WeChat, or WeChat may have it
    SENT = "sent"  # WeChat has taken it on
    FINISHED = "finished"  # WeChat has said whom it reached
    FAILED = "failed"  # WeChat has refused it: nobody got it
    DROPPED = "dropped"  # taken back before the second click


A, S = ArticleState, SendState
MOVES: Mapping[ArticleState, frozenset[ArticleState]] = {
    A.WRITING: frozenset({A.DRAFTED, A.ARCHIVED}),
    A.DRAFTED: frozenset({A.PUBLISHING, A.WRITING, A.ARCHIVED}),
    A.PUBLISHING: frozenset({A.PUBLISHED, A.FAILED, A.DRAFTED}),
    A.PUBLISHED: frozenset({A.TAKEN_DOWN}),
    A.FAILED: frozenset({A.DRAFTED, A.ARCHIVED}),
    A.TAKEN_DOWN: frozenset({A.DRAFTED, A.ARCHIVED}),
    A.ARCHIVED: frozenset({A.WRITING}),
}
SEND_MOVES: Mapping[SendState, frozenset[SendState]] = {
    S.PREPARED: frozenset({S.SENDING, S.DROPPED}),
    S.SENDING: frozenset({S.SENT, S.FAILED}),
    S.SENT: frozenset({S.FINISHED, S.FAILED}),
    S.FINISHED: frozenset(),
    S.FAILED: frozenset(),
    S.DROPPED: frozenset(),
}
EDITABLE = frozenset({A.WRITING, A.DRAFTED, A.FAILED, A.TAKEN_DOWN})


class NotNow(ShopError):
    """The article, or the mass send, is not in a state in which this can be done. Facts: `state`."""

    kind, code = Kind.CONFLICT, "campaign_not_now"


def move_of(now: ArticleState, wanted: ArticleState) -> ArticleState:
    """Raises NotNow."""
    if wanted not in MOVES[now]:
        raise NotNow(state=now.value)
    return wanted


def send_move_of(now: SendState, wanted: SendState) -> SendState:
    """Raises NotNow."""
    if wanted not in SEND_MOVES[now]:
        raise NotNow(state=now.value)
    return wanted
