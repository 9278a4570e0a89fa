"""Verbs that bring an article to WeChat: its draft, a look at it on a phone, publishing it, and hearing what became of it.

What WeChat may have done without our hearing of it is looked up, never done again blindly: an article is published once.
"""

import re
from datetime import datetime, timedelta

import structlog

from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.campaigns import drafting, queries, writing
from shop.campaigns.drafting import ArticleNotReady, Desk
from shop.campaigns.queries import ArticleView
from shop.campaigns.states import EDITABLE, ArticleState, NotNow, move_of
from shop.campaigns.writing import ArticleMovedOn
from shop.gateways.official_account import (
    AccountError,
    AccountUnavailable,
    Drafts,
    DraftText,
    NotThere,
    Publication,
    Publications,
    Published,
)

LOG = structlog.get_logger("shop.campaigns")
WECHAT_NAME = re.compile(r"[A-Za-z][-_A-Za-z0-9]{5,19}")
LOOK_AFTER = timedelta(seconds=30)  # for a publication whose number we never heard
GIVE_UP_AFTER = timedelta(days=2)
A = ArticleState


class DraftNotUpToDate(ShopError):
    """What lies with WeChat is not what is written here: send the draft first."""

    kind, code = Kind.CONFLICT, "draft_not_up_to_date"


class WrongWeChatName(ShopError):
    kind, code = Kind.INVALID, "wrong_wechat_name"


def send_draft(article_id: int, seen: int, desk: Desk, by: str, now: datetime) -> str:
    """Bring revision `seen` to WeChat as a draft, a new one or over the one that is there; its media id.

    Raises NoSuchArticle, ArticleMovedOn, NotNow, ArticleNotReady, NoContentAccount, AccountError.
    """
    article = _as_seen(article_id, seen)
    if article.state not in EDITABLE:
        raise NotNow(state=article.state.value)
    media_id = _put(Drafts(desk.account), article, _brought(article, desk, now))
    with transaction() as session:
        row = writing.locked(session, article_id)
        if A(row.state) is not A.DRAFTED:
            row.state = move_of(A(row.state), A.DRAFTED).value
        row.media_id, row.sent_revision, row.problem = media_id, seen, None
        writing.note(session, article_id, by, "draft_sent", now, {"revision": seen})
    return media_id


def _brought(article: ArticleView, desk: Desk, now: datetime) -> DraftText:
    return drafting.bring(article, desk, now)


def _put(drafts: Drafts, article: ArticleView, text: DraftText) -> str:
    if article.media_id is not None and article.state is not A.TAKEN_DOWN:
        try:
            drafts.update(article.media_id, text)
        except NotThere:
            LOG.info("draft was gone, made anew", article=article.id)
        else:
            return article.media_id
    return drafts.add(text)


def _as_seen(article_id: int, seen: int) -> ArticleView:
    article = queries.article(article_id)
    if article.revision != seen:
        raise ArticleMovedOn(by=article.changed_by, at=article.changed_at.isoformat(), revision=article.revision)
    return article


def preview(article_id: int, seen: int, wechat_name: str, desk: Desk, by: str, now: datetime) -> None:
    """Send the draft to one WeChat account, to be looked at on a phone.

    Raises NoSuchArticle, ArticleMovedOn, DraftNotUpToDate, WrongWeChatName, NoContentAccount, AccountError.
    """
    if not WECHAT_NAME.fullmatch(wechat_name):
        raise WrongWeChatName(fields={"wechat_name": ["wrong_wechat_name"]})
    desk.check()
    article = _as_seen(article_id, seen)
    if not article.up_to_date or article.media_id is None:
        raise DraftNotUpToDate
    Drafts(desk.account).preview(article.media_id, wechat_name)
    with transaction() as session:
        writing.note(session, article_id, by, "previewed", now, {"to": wechat_name[:2] + "…"})


def publish(article_id: int, seen: int, desk: Desk, by: str, now: datetime) -> ArticleState:
    """Publish the draft. PUBLISHING when WeChat is at work, or may be: `follow` hears the rest.

    Raises NoSuchArticle, ArticleMovedOn, NotNow, DraftNotUpToDate, NoContentAccount, AccountError (then it is a draft as before).
    """
    desk.check()
    media_id = _begin_publishing(article_id, seen, by, now)
    try:
        number = Publications(desk.account).submit(media_id)
    except AccountUnavailable as unsure:
        if unsure.maybe_done:
            return A.PUBLISHING
        _back_to_draft(article_id, unsure.code, now)
        raise
    except AccountError as refused:
        _back_to_draft(article_id, refused.code, now)
        raise
    with transaction() as session:
        writing.locked(session, article_id).publish_id = number
    return A.PUBLISHING


def _begin_publishing(article_id: int, seen: int, by: str, now: datetime) -> str:
    """Only one of two who press the button at once gets past here."""
    with transaction() as session:
        row = writing.locked(session, article_id)
        if row.revision != seen:
            raise ArticleMovedOn(by=row.changed_by, at=row.changed_at.isoformat(), revision=row.revision)
        state = move_of(A(row.state), A.PUBLISHING)
        if row.media_id is None or row.sent_revision != row.revision:
            raise DraftNotUpToDate
        row.state, row.publish_id, row.submitted_at, row.problem = state.value, None, now, None
        writing.note(session, article_id, by, "submitted", now, {"revision": seen})
        return row.media_id


def _back_to_draft(article_id: int, code: str, now: datetime) -> None:
    writing.move(article_id, A.DRAFTED, "not_submitted", "wechat", now, {"code": code}, problem=code)


def follow(desk: Desk, now: datetime) -> int:
    """Ask WeChat about every article that is being published; answers how many it has said something final of. Harmless twice."""
    settled = 0
    for article in queries.publishing() if desk.account.configured else []:
        try:
            said = _ask(article, desk, now)
        except AccountError as refused:
            LOG.warning("publication not asked about", article=article.id, reason=refused.code)
            continue
        settled += said is not None and settle(article.id, said, now)
    return settled


def _ask(article: ArticleView, desk: Desk, now: datetime) -> Publication | None:
    publications = Publications(desk.account)
    if article.publish_id is not None:
        return publications.outcome(article.publish_id)
    waited = now - (article.submitted_at or now)
    if waited < LOOK_AFTER:
        return None
    if (found := publications.find(desk.source_url(article))) is not None:
        return found
    if article.media_id is not None and Drafts(desk.account).is_there(article.media_id):
        _back_to_draft(article.id, "publish_not_done", now)
        return None
    return Publication(Published.FAILED) if waited > GIVE_UP_AFTER else None


def settle(article_id: int, said: Publication, now: datetime) -> bool:
    """What WeChat has said of a publication. False: it is still at it, or we knew. Harmless twice. Raises NoSuchArticle."""
    if said.outcome is Published.UNDER_WAY:
        return False
    with transaction() as session:
        row = writing.locked(session, article_id)
        if A(row.state) is not A.PUBLISHING:
            return False
        if said.outcome is Published.DONE:
            row.state, row.published_at, row.media_id, row.problem = move_of(A.PUBLISHING, A.PUBLISHED).value, now, None, None
            row.wechat_id, row.address = said.article_id, said.address
            writing.note(session, article_id, "wechat", "published", now, {"address": said.address} if said.address else None)
        else:
            row.state, row.problem = move_of(A.PUBLISHING, A.FAILED).value, f"publish_{said.outcome.value}"
            writing.note(session, article_id, "wechat", "not_published", now, {"code": row.problem})
    return True


def take_down(article_id: int, desk: Desk, by: str, now: datetime) -> None:
    """Delete what was published; its text stays here. Raises NoSuchArticle, NotNow, NoContentAccount, AccountError."""
    desk.check()
    article = queries.article(article_id)
    move_of(article.state, A.TAKEN_DOWN)
    if article.wechat_id is None:
        raise ArticleNotReady(problems=1)
    try:
        Publications(desk.account).take_down(article.wechat_id)
    except NotThere:
        LOG.info("publication was gone already", article=article_id)
    writing.move(article_id, A.TAKEN_DOWN, "taken_down", by, now, address=None, wechat_id=None, sent_revision=None)
