"""The tables of campaigns, articles, touches and mass sends."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model
from shop.campaigns.states import ArticleState, SendState


class Campaign(Model):
    """Something that leads to the shop. Its mark is never given to another one: old links go on being understood."""

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    mark: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(120))
    target: Mapped[str] = mapped_column(String(300))  # a page of the shop
    scene_address: Mapped[str | None] = mapped_column(String(300))  # what the QR code of the service account holds
    scene_until: Mapped[datetime | None]  # none: for good
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(60))
    ended_at: Mapped[datetime | None]


class Article(Model):
    """An article of the content account. `revision` grows with every change: who changes an older one is told."""

    __tablename__ = "articles"
    __table_args__ = (Index("ix_articles_state", "state", "id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    author: Mapped[str] = mapped_column(String(60))
    digest: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    cover: Mapped[str | None] = mapped_column(String(64))  # the SHA-256 of one of its pictures
    state: Mapped[str] = mapped_column(String(12), default=ArticleState.WRITING.value)
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(60))
    sent_revision: Mapped[int | None]  # the one that lies with WeChat
    media_id: Mapped[str | None] = mapped_column(String(128))  # of the draft there
    publish_id: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    wechat_id: Mapped[str | None] = mapped_column(String(128))  # of the published article
    address: Mapped[str | None] = mapped_column(String(500))
    problem: Mapped[str | None] = mapped_column(String(60))  # why WeChat said no: a code of ours or its number


class ArticleChange(Model):
    """A line of the article's history. Never changed, never deleted."""

    __tablename__ = "article_history"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(60))
    what: Mapped[str] = mapped_column(String(32))
    facts: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))


class ArticlePicture(Model):
    """A picture of an article, written anew by us as a JPEG that WeChat takes. `picture:3` in the text is the third one."""

    __tablename__ = "article_pictures"
    __table_args__ = (UniqueConstraint("article_id", "sha256"), UniqueConstraint("article_id", "number"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int]
    height: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    added_at: Mapped[datetime]


class WeChatPicture(Model):
    """What WeChat calls a picture of ours: an address (`body`) or a media id (`cover`)."""

    __tablename__ = "wechat_pictures"

    app_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    use: Mapped[str] = mapped_column(String(8), primary_key=True)
    called: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime]


class CampaignDay(Model):
    """How many visits came through a campaign on a day in Frankfurt."""

    __tablename__ = "campaign_days"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    visits: Mapped[int]


class OrderTouch(Model):
    """Through which campaigns an order came."""

    __tablename__ = "order_touches"
    __table_args__ = (Index("ix_order_touches_first_id", "first_id"), Index("ix_order_touches_last_id", "last_id"))

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True, autoincrement=False)
    first_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    first_at: Mapped[datetime]
    last_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    last_at: Mapped[datetime]


class FollowerTouch(Model):
    """Through which campaigns somebody came who scanned a poster in WeChat; kept for as long as a touch counts."""

    __tablename__ = "follower_touches"
    __table_args__ = (UniqueConstraint("app_id", "openid"), Index("ix_follower_touches_last_at", "last_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    app_id: Mapped[str] = mapped_column(String(32))
    openid: Mapped[str] = mapped_column(String(128))
    first_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    first_at: Mapped[datetime]
    last_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    last_at: Mapped[datetime]


class MassSend(Model):
    """An article for everybody with a tag. `client_msg_id` is what WeChat knows a repeat by."""

    __tablename__ = "mass_sends"
    __table_args__ = (Index("ix_mass_sends_confirmed_at", "confirmed_at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"), index=True)
    revision: Mapped[int]  # of the article, as it was looked at
    tag_id: Mapped[int]
    tag_name: Mapped[str] = mapped_column(String(60))
    receivers: Mapped[int]  # with the tag, when it was prepared
    agreed: Mapped[str] = mapped_column(String(300))  # how and when they agreed to get this
    client_msg_id: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(12), default=SendState.PREPARED.value)
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[str] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None] = mapped_column(String(60))
    media_id: Mapped[str | None] = mapped_column(String(128))  # of the draft that is sent
    msg_id: Mapped[str | None] = mapped_column(String(64))
    reached: Mapped[int | None]
    refused: Mapped[int | None]  # receivers that WeChat has left out, or could not reach
    ended_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(String(60))

    def facts(self) -> dict[str, Any]:
        return {"tag": self.tag_name, "receivers": self.receivers, "agreed": self.agreed}
