"""Questions about campaigns, articles and mass sends. Rows leave as plain values."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.campaigns.models import Article, ArticleChange, ArticlePicture, Campaign, CampaignDay, FollowerTouch, MassSend
from shop.campaigns.rules import MARK, Came, Touches, month_of
from shop.campaigns.states import ArticleState, CampaignKind, SendState
from shop.orders.models import Order
from shop.people.models import Traveller

MOST = 200  # of a list
CHANGES = 100


class NoSuchCampaign(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_campaign"


class NoSuchArticle(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_article"


class NoSuchSend(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_send"


class CampaignView(Struct, frozen=True):
    id: int
    mark: str
    kind: CampaignKind
    title: str
    target: str
    scene_address: str | None
    scene_until: datetime | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None

    def scene_holds(self, now: datetime) -> bool:
        """Whether the service account's QR code of this campaign can be scanned."""
        return self.scene_address is not None and (self.scene_until is None or self.scene_until > now)


class Listed(Struct, frozen=True):
    """A campaign with what came of it so far. `orders` counts those that were placed, by the last touch."""

    campaign: CampaignView
    visits: int
    orders: int
    article_id: int | None


class PictureView(Struct, frozen=True):
    number: int
    sha256: str
    width: int
    height: int


class ArticleView(Struct, frozen=True):
    id: int
    mark: str
    target: str
    title: str
    author: str
    digest: str
    body: str
    cover: str | None
    state: ArticleState
    revision: int
    changed_at: datetime
    changed_by: str
    sent_revision: int | None
    media_id: str | None
    publish_id: str | None
    submitted_at: datetime | None
    published_at: datetime | None
    wechat_id: str | None
    address: str | None
    problem: str | None
    pictures: tuple[PictureView, ...] = ()

    @property
    def up_to_date(self) -> bool:
        """Whether what lies with WeChat is what is written here."""
        return self.sent_revision == self.revision and self.media_id is not None


class ChangeView(Struct, frozen=True):
    at: datetime
    who: str
    what: str
    facts: Mapping[str, Any]


class SendView(Struct, frozen=True):
    id: int
    article_id: int
    title: str
    revision: int
    tag_id: int
    tag_name: str
    receivers: int
    agreed: str
    client_msg_id: str
    state: SendState
    prepared_at: datetime
    prepared_by: str
    confirmed_at: datetime | None
    confirmed_by: str | None
    media_id: str | None
    msg_id: str | None
    reached: int | None
    refused: int | None
    ended_at: datetime | None
    problem: str | None


def _campaign(row: Campaign) -> CampaignView:
    return CampaignView(
        row.id, row.mark, CampaignKind(row.kind), row.title, row.target, row.scene_address, row.scene_until, row.created_at, row.created_by,
        row.ended_at,
    )  # fmt: skip


def campaign(mark: str) -> CampaignView:
    """Raises NoSuchCampaign."""
    if len(mark) > 32 or not MARK.fullmatch(mark):  # whatever else it may be, PostgreSQL would not even look
        raise NoSuchCampaign
    with reading() as session:
        row = session.scalar(select(Campaign).where(Campaign.mark == mark))
    if row is None:
        raise NoSuchCampaign
    return _campaign(row)


def ids_of(session: Session, marks: Collection[str]) -> dict[str, int]:
    """The keys of the campaigns with these marks; a mark that nobody has given out is left out."""
    rows = session.execute(select(Campaign.mark, Campaign.id).where(Campaign.mark.in_(sorted(set(marks)))))
    return {row.mark: row.id for row in rows}


def known(marks: Collection[str]) -> dict[str, int]:
    """`ids_of`, asked alone."""
    with reading() as session:
        return ids_of(session, marks)


def open_ones() -> list[CampaignView]:
    """Those that are not over: the ones for the menu first, then the newest."""
    asked = select(Campaign).where(Campaign.ended_at.is_(None))
    with reading() as session:
        rows = session.scalars(asked.order_by(Campaign.kind != CampaignKind.MENU.value, Campaign.id.desc()).limit(MOST))
        return [_campaign(row) for row in rows]


def listed(*, ended: bool = False) -> list[Listed]:
    """Campaigns, the newest first, with visits and orders of all times. Three questions, however many there are."""
    is_over = Campaign.ended_at.is_not(None) if ended else Campaign.ended_at.is_(None)
    with reading() as session:
        rows = session.execute(
            select(Campaign, Article.id.label("article_id"))
            .outerjoin(Article, Article.campaign_id == Campaign.id)
            .where(is_over)
            .order_by(Campaign.id.desc())
            .limit(MOST)
        ).all()
        shown = [row.Campaign.id for row in rows]
        found = session.execute(
            select(CampaignDay.campaign_id, func.sum(CampaignDay.visits).label("n"))
            .where(CampaignDay.campaign_id.in_(shown))
            .group_by(CampaignDay.campaign_id)
        )
        visits = {row.campaign_id: int(row.n) for row in found}
        marks = [row.Campaign.mark for row in rows]
        found = session.execute(select(Order.campaign, func.count().label("n")).where(Order.campaign.in_(marks)).group_by(Order.campaign))
        ordered = {row.campaign: row.n for row in found}
    return [
        Listed(_campaign(row.Campaign), visits.get(row.Campaign.id, 0), ordered.get(row.Campaign.mark, 0), row.article_id)
        for row in rows
    ]


# --- articles


def _article(row: Article, campaign: Campaign, pictures: tuple[PictureView, ...] = ()) -> ArticleView:
    return ArticleView(
        id=row.id, mark=campaign.mark, target=campaign.target, title=row.title, author=row.author, digest=row.digest, body=row.body,
        cover=row.cover, state=ArticleState(row.state), revision=row.revision, changed_at=row.changed_at, changed_by=row.changed_by,
        sent_revision=row.sent_revision, media_id=row.media_id, publish_id=row.publish_id, submitted_at=row.submitted_at,
        published_at=row.published_at, wechat_id=row.wechat_id, address=row.address, problem=row.problem, pictures=pictures,
    )  # fmt: skip


def articles(*, archived: bool = False) -> list[ArticleView]:
    """The articles, the ones changed last first; their pictures are not looked up."""
    is_over = Article.state == ArticleState.ARCHIVED.value
    with reading() as session:
        rows = session.execute(
            select(Article, Campaign)
            .join(Campaign, Campaign.id == Article.campaign_id)
            .where(is_over if archived else ~is_over)
            .order_by(Article.changed_at.desc(), Article.id.desc())
            .limit(MOST)
        ).all()
    return [_article(row.Article, row.Campaign) for row in rows]


def article(article_id: int) -> ArticleView:
    """Raises NoSuchArticle."""
    with reading() as session:
        row = session.execute(
            select(Article, Campaign).join(Campaign, Campaign.id == Article.campaign_id).where(Article.id == article_id)
        ).first()
        if row is None:
            raise NoSuchArticle
        pictures = session.execute(
            select(ArticlePicture.number, ArticlePicture.sha256, ArticlePicture.width, ArticlePicture.height)
            .where(ArticlePicture.article_id == article_id)
            .order_by(ArticlePicture.number)
        )
        return _article(row.Article, row.Campaign, tuple(PictureView(*one) for one in pictures))


def picture(article_id: int, number: int) -> bytes:
    """The JPEG of a picture. Raises NoSuchArticle."""
    with reading() as session:
        found = session.scalar(
            select(ArticlePicture.content).where(ArticlePicture.article_id == article_id, ArticlePicture.number == number)
        )
    if found is None:
        raise NoSuchArticle
    return bytes(found)


def history(article_id: int) -> list[ChangeView]:
    """What happened to an article, the latest first."""
    with reading() as session:
        rows = session.scalars(
            select(ArticleChange).where(ArticleChange.article_id == article_id).order_by(ArticleChange.id.desc()).limit(CHANGES)
        ).all()
    return [ChangeView(row.at, row.who, row.what, row.facts or {}) for row in rows]


def publishing() -> list[ArticleView]:
    """Articles of which WeChat has not said what became of them."""
    with reading() as session:
        rows = session.execute(
            select(Article, Campaign)
            .join(Campaign, Campaign.id == Article.campaign_id)
            .where(Article.state == ArticleState.PUBLISHING.value)
            .order_by(Article.id)
        ).all()
    return [_article(row.Article, row.Campaign) for row in rows]


def article_of_publish(publish_id: str) -> int | None:
    """The article that WeChat has under this number."""
    with reading() as session:
        return session.scalar(select(Article.id).where(Article.publish_id == publish_id))


# --- touches


def follower_touches(session: Session, order_id: int, kept: timedelta, now: datetime) -> Touches | None:
    """Through which campaigns the traveller of an order came by scanning posters in WeChat."""
    first, last = Campaign.__table__.alias("first"), Campaign.__table__.alias("last")
    row = session.execute(
        select(first.c.mark, FollowerTouch.first_at, last.c.mark, FollowerTouch.last_at)
        .select_from(Order)
        .join(Traveller, Traveller.id == Order.traveller_id)
        .join(FollowerTouch, (FollowerTouch.openid == Traveller.openid) & (FollowerTouch.app_id == Traveller.app_id))
        .join(first, first.c.id == FollowerTouch.first_id)
        .join(last, last.c.id == FollowerTouch.last_id)
        .where(Order.id == order_id, FollowerTouch.last_at <= Order.placed_at)
    ).first()
    return None if row is None else Touches(Came(row[0], row[1]), Came(row[2], row[3])).within(kept, now)


# --- mass sends


def _send(row: MassSend, title: str) -> SendView:
    return SendView(
        row.id, row.article_id, title, row.revision, row.tag_id, row.tag_name, row.receivers, row.agreed, row.client_msg_id,
        SendState(row.state), row.prepared_at, row.prepared_by, row.confirmed_at, row.confirmed_by, row.media_id, row.msg_id, row.reached,
        row.refused, row.ended_at, row.problem,
    )  # fmt: skip


def send(send_id: int) -> SendView:
    """Raises NoSuchSend."""
    with reading() as session:
        row = session.execute(
            select(MassSend, Article.title).join(Article, Article.id == MassSend.article_id).where(MassSend.id == send_id)
        ).first()
    if row is None:
        raise NoSuchSend
    return _send(row.MassSend, row.title)


def sends(*states: SendState, article_id: int | None = None) -> list[SendView]:
    """Mass sends, the newest first: of these states, of an article, or all."""
    asked: Any = select(MassSend, Article.title).join(Article, Article.id == MassSend.article_id)
    if states:
        asked = asked.where(MassSend.state.in_([state.value for state in states]))
    if article_id is not None:
        asked = asked.where(MassSend.article_id == article_id)
    with reading() as session:
        rows = session.execute(asked.order_by(MassSend.id.desc()).limit(MOST)).all()
    return [_send(row.MassSend, row.title) for row in rows]


def send_of_message(msg_id: str) -> SendView | None:
    """The mass send that WeChat has under this number."""
    with reading() as session:
        found = session.scalar(select(MassSend.id).where(MassSend.msg_id == msg_id))
    return None if found is None else send(found)


COUNTS = (SendState.SENDING.value, SendState.SENT.value, SendState.FINISHED.value)


def sent_this_month(session: Session, tag_id: int, now: datetime) -> int:
    """How many mass sends to this tag count against this month's limit, in Beijing's months."""
    return int(
        session.scalar(
            select(func.count()).where(
                MassSend.tag_id == tag_id, MassSend.state.in_(COUNTS), MassSend.confirmed_at >= month_of(now)
            )
        )
        or 0
    )


def sent_to(tag_id: int, now: datetime) -> int:
    """`sent_this_month`, asked alone."""
    with reading() as session:
        return sent_this_month(session, tag_id, now)
