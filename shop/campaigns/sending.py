"""Verbs of mass sending: prepare one and see whom it reaches, send it with a second click, hear what became of it.

Never twice: the row is taken once, and WeChat knows a repeat by our number, so that after an answer that got lost the same is
simply asked again.
"""

import secrets
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.campaigns import dated, drafting, queries
from shop.campaigns.drafting import Desk
from shop.campaigns.models import MassSend
from shop.campaigns.queries import NoSuchSend, SendView
from shop.campaigns.states import ArticleState, NotNow, SendState, send_move_of
from shop.campaigns.writing import ArticleMovedOn, note
from shop.gateways.official_account import AccountUnavailable, Drafts, MassMessages, Tag

LOG = structlog.get_logger("shop.campaigns")
LEAST_AGREED, MOST_AGREED = 10, 300
AGAIN_AFTER = timedelta(seconds=30)
S = SendState


class NoSuchTag(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_tag"


class NobodyThere(ShopError):
    """Nobody has the tag."""

    kind, code = Kind.REFUSED, "nobody_with_tag"


class MonthUsedUp(ShopError):
    """They have got as many as WeChat allows this month. Facts: `most`."""

    kind, code = Kind.REFUSED, "sends_used_up"


class EndTooEarly(Exception):
    """WeChat tells the end of a mass send whose number is not written down yet: once more in a moment."""


class AgreementMissing(ShopError):
    """How these people have agreed to get offers has to be said, in a sentence."""

    kind, code = Kind.INVALID, "agreement_missing"


def prepare(article_id: int, seen: int, tag_id: int, agreed: str, desk: Desk, by: str, now: datetime) -> int:
    """Write down an article and a tag, with how many have it; nothing is sent. Answers its key.

    Raises NoSuchArticle, ArticleMovedOn, NotNow, ArticleNotReady, NoSuchTag, NobodyThere, MonthUsedUp, AgreementMissing,
    NoContentAccount, AccountError.
    """
    if not LEAST_AGREED <= len(agreed.strip()) <= MOST_AGREED:
        raise AgreementMissing(fields={"agreed": ["agreement_missing"]})
    desk.check()
    article = queries.article(article_id)
    if article.revision != seen:
        raise ArticleMovedOn(by=article.changed_by, at=article.changed_at.isoformat(), revision=article.revision)
    if article.state in (ArticleState.ARCHIVED, ArticleState.PUBLISHING):
        raise NotNow(state=article.state.value)
    drafting.check_ready(article, now)
    tag = _tag(MassMessages(desk.account).tags(), tag_id)
    with transaction() as session:
        _check_month(session, tag.id, now)
        made = MassSend(
            article_id=article_id, revision=seen, tag_id=tag.id, tag_name=tag.name, receivers=tag.followers, agreed=agreed.strip(),
            client_msg_id=f"shop-{secrets.token_hex(16)}", state=S.PREPARED.value, prepared_at=now, prepared_by=by,
        )  # fmt: skip
        session.add(made)
        session.flush()
        note(session, article_id, by, "send_prepared", now, {"tag": tag.name, "receivers": tag.followers})
        return made.id


def _tag(tags: list[Tag], tag_id: int) -> Tag:
    tag = next((one for one in tags if one.id == tag_id), None)
    if tag is None:
        raise NoSuchTag(fields={"tag": ["no_such_tag"]})
    if not tag.followers:
        raise NobodyThere(fields={"tag": ["nobody_with_tag"]})
    return tag


def _check_month(session: Session, tag_id: int, now: datetime) -> None:
    most = dated.limits(now.astimezone(UTC).date()).sends_per_month
    if queries.sent_this_month(session, tag_id, now) >= most:
        raise MonthUsedUp(fields={"tag": ["sends_used_up"]}, most=most)


def confirm(send_id: int, desk: Desk, by: str, now: datetime) -> SendState:
    """The second click: it goes out. SENDING when WeChat may have it without our knowing: `go_on` asks again.

    Raises NoSuchSend, NotNow (somebody was quicker), ArticleMovedOn, MonthUsedUp, and, when nobody has got it, ArticleNotReady,
    NoContentAccount, AccountError.
    """
    desk.check()
    _take(send_id, by, now)
    return _out(queries.send(send_id), desk, now)


def _take(send_id: int, by: str, now: datetime) -> None:
    with transaction() as session:
        found = session.scalar(select(MassSend).where(MassSend.id == send_id))
        if found is None:
            raise NoSuchSend
        # Everybody who sends to this tag waits here for one another: two at once must not both be the fourth of the month.
        asked = select(MassSend).where(MassSend.tag_id == found.tag_id).order_by(MassSend.id).with_for_update()
        rows = session.scalars(asked.execution_options(populate_existing=True)).all()
        row = next(one for one in rows if one.id == send_id)
        row.state = send_move_of(S(row.state), S.SENDING).value
        _check_month(session, row.tag_id, now)
        row.confirmed_at, row.confirmed_by = now, by
        audit.record(session, by, "campaign.mass_send", f"mass_send:{send_id}", now, after=row.facts())
        note(session, row.article_id, by, "send_confirmed", now, row.facts())


def _out(send: SendView, desk: Desk, now: datetime) -> SendState:
    try:
        media_id = send.media_id or _own_draft(send, desk, now)
        number = MassMessages(desk.account).send(media_id, send.tag_id, send.client_msg_id)
    except AccountUnavailable as unsure:
        LOG.warning("mass send without an answer", send=send.id, reason=unsure.reason)
        return S.SENDING
    except ShopError as refused:
        _end(send.id, S.FAILED, now, problem=refused.code)
        raise
    _end(send.id, S.SENT, now, msg_id=number or send.msg_id)
    return S.SENT


def _own_draft(send: SendView, desk: Desk, now: datetime) -> str:
    """The draft that is sent: one of its own, as WeChat takes a draft away once it was sent or published."""
    article = queries.article(send.article_id)
    if article.revision != send.revision:
        raise ArticleMovedOn(by=article.changed_by, at=article.changed_at.isoformat(), revision=article.revision)
    media_id = Drafts(desk.account).add(drafting.bring(article, desk, now))
    with transaction() as session:
        _locked(session, send.id).media_id = media_id
    return media_id


def _locked(session: Session, send_id: int) -> MassSend:
    row = session.scalar(select(MassSend).where(MassSend.id == send_id).with_for_update())
    if row is None:
        raise NoSuchSend
    return row


def _end(send_id: int, wanted: SendState, now: datetime, **values: object) -> bool:
    with transaction() as session:
        row = _locked(session, send_id)
        if S(row.state) is wanted:
            return False
        row.state = send_move_of(S(row.state), wanted).value
        for name, value in values.items():
            setattr(row, name, value)
        if wanted is not S.SENT:
            row.ended_at = now
        note(session, row.article_id, "wechat", f"send_{wanted.value}", now, {"tag": row.tag_name})
    return True


def drop(send_id: int, by: str, now: datetime) -> None:
    """Take back what was prepared. Raises NoSuchSend, NotNow."""
    with transaction() as session:
        row = _locked(session, send_id)
        row.state, row.ended_at = send_move_of(S(row.state), S.DROPPED).value, now
        note(session, row.article_id, by, "send_dropped", now, {"tag": row.tag_name})


def go_on(desk: Desk, now: datetime) -> int:
    """Ask again for what got no answer, and ask how what was sent has ended; answers how many moved on. Harmless twice."""
    moved = 0
    for send in queries.sends(S.SENDING, S.SENT) if desk.account.configured else []:
        try:
            moved += _moved(send, desk, now)
        except ShopError as refused:
            LOG.warning("mass send not moved on", send=send.id, reason=refused.code)
    return moved


def _moved(send: SendView, desk: Desk, now: datetime) -> bool:
    if send.state is S.SENDING:
        return now - (send.confirmed_at or now) >= AGAIN_AFTER and _out(send, desk, now) is not S.SENDING
    if send.msg_id is None:
        return False
    is_sent = MassMessages(desk.account).is_sent(send.msg_id)
    if is_sent is None:
        return False
    return _end(send.id, S.FINISHED if is_sent else S.FAILED, now, problem=None if is_sent else "send_failed")


def heard(msg_id: str, reached: int, refused: int, desk: Desk, now: datetime) -> bool:
    """WeChat tells that a mass send has ended: whether it did is asked for, the figures are kept. Harmless twice.

    False: it is none of ours, or they were known. Raises EndTooEarly, AccountError.
    """
    send = queries.send_of_message(msg_id) if msg_id else None
    if send is None:
        if queries.sends(S.SENDING):
            raise EndTooEarly(msg_id)
        return False
    if send.state is S.SENT:
        _moved(send, desk, now)
    with transaction() as session:
        row = _locked(session, send.id)
        if row.reached is not None:
            return False
        row.reached, row.refused = reached, refused
    return True
