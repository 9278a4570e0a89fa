"""Verbs about writing an article: begin one, change it (never over somebody else's work), its pictures, the archive."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.campaigns import dated, marking, pictures, rendering, rules
from shop.campaigns.models import Article, ArticleChange, ArticlePicture, Campaign
from shop.campaigns.queries import NoSuchArticle
from shop.campaigns.states import EDITABLE, ArticleState, CampaignKind, NotNow, move_of

MOST_PICTURES = 40


class WrongArticle(ShopError):
    """`fields` says what is wrong. Nothing was kept."""

    kind, code = Kind.INVALID, "wrong_article"


class ArticleMovedOn(ShopError):
    """Somebody else has changed the article since it was opened. Facts: `by`, `at`."""

    kind, code = Kind.CONFLICT, "article_moved_on"


class TooManyPictures(ShopError):
    kind, code = Kind.REFUSED, "too_many_article_pictures"


class Text(Struct, frozen=True):
    """What is written. `target` is the page of the shop that "read more" leads to; `cover` the number of a picture."""

    title: str
    author: str
    digest: str
    body: str
    target: str
    cover: int | None


def begin(title: str, by: str, now: datetime) -> int:
    """An empty article with a campaign of its own; answers its key. Raises WrongArticle, WrongCampaign."""
    _check_title(title, now)
    with transaction() as session:
        kind = CampaignKind.ARTICLE
        campaign = marking.make(session, kind, title, "/", marking.new_mark(kind), by, now)
        article = Article(
            campaign_id=campaign.id, title=title.strip(), author="", digest="", body="", cover=None, state=ArticleState.WRITING.value,
            revision=1, changed_at=now, changed_by=by,
        )  # fmt: skip
        session.add(article)
        session.flush()
        note(session, article.id, by, "begun", now)
        return article.id


def save(article_id: int, seen: int, text: Text, by: str, now: datetime) -> int:
    """Keep what was written over revision `seen`; answers the new one. The same again changes nothing.

    Raises NoSuchArticle, NotNow, ArticleMovedOn, WrongArticle, WrongCampaign.
    """
    _check_title(text.title, now)
    _check_sizes(text, now)
    with transaction() as session:
        article = locked(session, article_id)
        if ArticleState(article.state) not in EDITABLE:
            raise NotNow(state=article.state)
        campaign = session.scalars(select(Campaign).where(Campaign.id == article.campaign_id)).one()
        cover = _cover(session, article_id, text.cover)
        fresh = {"title": text.title.strip(), "author": text.author, "digest": text.digest, "body": text.body, "cover": cover}
        if campaign.target == text.target and all(getattr(article, name) == value for name, value in fresh.items()):
            return article.revision
        if article.revision != seen:
            raise ArticleMovedOn(by=article.changed_by, at=article.changed_at.isoformat(), revision=article.revision)
        campaign.target, campaign.title = rules.check_target(text.target), fresh["title"] or campaign.title
        for name, value in fresh.items():
            setattr(article, name, value)
        article.revision, article.changed_at, article.changed_by = article.revision + 1, now, by
        note(session, article_id, by, "changed", now, {"revision": article.revision, "characters": len(text.body)})
        return article.revision


def _check_title(title: str, now: datetime) -> None:
    most = dated.limits(now.astimezone(UTC).date()).title
    if not title.strip():
        raise WrongArticle(fields={"title": ["missing"]})
    if len(title.strip()) > most:
        raise WrongArticle(fields={"title": ["too_long"]})


def _check_sizes(text: Text, now: datetime) -> None:
    limits = dated.limits(now.astimezone(UTC).date())
    errors = rules.too_long(limits, {name: str(value) for name, value in asdict(text).items()})
    if len(text.body) > rendering.LONGEST:
        errors["body"] = ["too_long"]
    if errors:
        raise WrongArticle(fields=errors)


def _cover(session: Session, article_id: int, number: int | None) -> str | None:
    if number is None:
        return None
    found = session.scalar(
        select(ArticlePicture.sha256).where(ArticlePicture.article_id == article_id, ArticlePicture.number == number)
    )
    if found is None:
        raise WrongArticle(fields={"cover": ["no_such_article_picture"]})
    return str(found)


def add_picture(article_id: int, sent: bytes, by: str, now: datetime) -> int:
    """Keep a picture for the article; answers its number. The same picture again answers the number it has.

    The first one becomes the cover. Raises NoSuchArticle, NotNow, TooManyPictures and the refusals of `pictures.take`.
    """
    jpeg = pictures.take(sent, dated.limits(now.astimezone(UTC).date()).picture_bytes)
    with transaction() as session:
        article = locked(session, article_id)
        if ArticleState(article.state) not in EDITABLE:
            raise NotNow(state=article.state)
        mine = ArticlePicture.article_id == article_id
        same = session.scalar(select(ArticlePicture.number).where(mine, ArticlePicture.sha256 == jpeg.sha256))
        if same is not None:
            return same
        count, last = session.execute(select(func.count(), func.max(ArticlePicture.number)).where(mine)).one()
        if count >= MOST_PICTURES:
            raise TooManyPictures(most=MOST_PICTURES)
        number = (last or 0) + 1
        session.add(
            ArticlePicture(
                article_id=article_id, number=number, sha256=jpeg.sha256, width=jpeg.width, height=jpeg.height, content=jpeg.content,
                added_at=now,
            )
        )  # fmt: skip
        if article.cover is None:
            article.cover = jpeg.sha256
            article.revision, article.changed_at, article.changed_by = article.revision + 1, now, by
        note(session, article_id, by, "picture_added", now, {"number": number})
        return number


def archive(article_id: int, by: str, now: datetime) -> None:
    """Put it away. What WeChat has published stays published. Raises NoSuchArticle, NotNow."""
    move(article_id, ArticleState.ARCHIVED, "archived", by, now)


def bring_back(article_id: int, by: str, now: datetime) -> None:
    """Take it out of the archive, to be written on. Raises NoSuchArticle, NotNow."""
    move(article_id, ArticleState.WRITING, "brought_back", by, now)


def move(
    article_id: int, wanted: ArticleState, what: str, by: str, now: datetime, facts: Mapping[str, Any] | None = None, **values: Any
) -> None:
    """Bring an article into another state, with what becomes known by it. Raises NoSuchArticle, NotNow."""
    with transaction() as session:
        article = locked(session, article_id)
        article.state = move_of(ArticleState(article.state), wanted).value
        for name, value in values.items():
            setattr(article, name, value)
        note(session, article_id, by, what, now, facts)


def locked(session: Session, article_id: int) -> Article:
    """The article, for this transaction alone. Raises NoSuchArticle."""
    article = session.scalar(select(Article).where(Article.id == article_id).with_for_update())
    if article is None:
        raise NoSuchArticle
    return article


def note(session: Session, article_id: int, who: str, what: str, now: datetime, facts: Mapping[str, Any] | None = None) -> None:
    """A line of the article's history, in the caller's transaction."""
    session.add(ArticleChange(article_id=article_id, at=now, who=who, what=what, facts=dict(facts) if facts else None))
