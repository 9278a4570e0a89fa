"""An article made ready for WeChat: its pictures brought there, each once, and its text with WeChat's addresses in it."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.campaigns import dated, pictures, queries, rules
from shop.campaigns.models import WeChatPicture
from shop.campaigns.proofs import Proof, proof
from shop.campaigns.queries import ArticleView
from shop.campaigns.rendering import Needed
from shop.gateways.official_account import Drafts, DraftText, OfficialAccount
from shop.pickup.codes import picture_png

AS_LONG = "https://mmbiz.qpic.cn/" + "x" * 140  # about what WeChat's addresses take


class ArticleNotReady(ShopError):
    """Something in the article must be put right before WeChat gets it. Facts: `problems`, how many."""

    kind, code = Kind.REFUSED, "article_not_ready"


class NoContentAccount(ShopError):
    """There is no account in the settings that could publish."""

    kind, code = Kind.REFUSED, "no_content_account"


class Desk(Struct, frozen=True):
    """What it takes to bring an article to WeChat: the account, where the shop is, and where product pictures lie."""

    account: OfficialAccount
    public_url: str
    pictures: Path

    def source_url(self, article: ArticleView) -> str:
        """Where "read more" leads: into the shop, with the campaign's mark. No two articles have the same."""
        return self.public_url + rules.marked(article.target, article.mark)

    def product_url(self, article: ArticleView, sku: str) -> str:
        return self.public_url + rules.marked(f"/products/{sku}", article.mark)

    def check(self) -> None:
        """Raises NoContentAccount."""
        if not self.account.configured:
            raise NoContentAccount


def check_ready(article: ArticleView, now: datetime) -> Proof:
    """The proof of an article that can be sent. Raises ArticleNotReady."""
    looked = proof(article, lambda _: AS_LONG, now)
    if not looked.ready:
        raise ArticleNotReady(problems=len(looked.problems))
    return looked


def bring(article: ArticleView, desk: Desk, now: datetime) -> DraftText:
    """The draft's text, after its pictures were uploaded that were not there yet. Harmless when it is broken off: what has been
    uploaded is known the next time. Raises ArticleNotReady, NoContentAccount, AccountError."""
    desk.check()
    looked = check_ready(article, now)
    drafts, at = Drafts(desk.account), {}
    for needed in looked.needed:
        name, content = _content(article, needed, looked, desk, now)
        at[needed] = _called(drafts, desk.account.app_id, name, content, "body", now)
    number = next(one.number for one in article.pictures if one.sha256 == article.cover)
    cover = queries.picture(article.id, number)
    text = proof(article, lambda needed: at[needed], now)
    if not text.ready:
        raise ArticleNotReady(problems=len(text.problems))
    return DraftText(
        article.title, article.author, article.digest, text.html, desk.source_url(article),
        _called(drafts, desk.account.app_id, "cover.jpg", cover, "cover", now),
    )  # fmt: skip


def _content(article: ArticleView, needed: Needed, looked: Proof, desk: Desk, now: datetime) -> tuple[str, bytes]:
    if needed.kind == "qr":
        return "code.png", picture_png(desk.product_url(article, needed.key))
    if needed.kind == "picture":
        return "picture.jpg", queries.picture(article.id, int(needed.key))
    stem, most = looked.offers[needed.key].picture, dated.limits(now.astimezone(UTC).date()).picture_bytes
    jpeg = pictures.of_product(desk.pictures, stem, most) if stem else None
    if jpeg is None:
        raise ArticleNotReady(problems=1, sku=needed.key)
    return "product.jpg", jpeg.content


def _called(drafts: Drafts, app_id: str, name: str, content: bytes, use: str, now: datetime) -> str:
    """What WeChat calls this picture; it is uploaded when nobody has done so before."""
    sha256 = hashlib.sha256(content).hexdigest()
    with reading() as session:
        known = session.scalar(
            select(WeChatPicture.called).where(
                WeChatPicture.app_id == app_id, WeChatPicture.sha256 == sha256, WeChatPicture.use == use
            )
        )
    if known is not None:
        return str(known)
    kind = "image/png" if name.endswith(".png") else "image/jpeg"
    called = (drafts.upload_picture if use == "body" else drafts.upload_cover)(name, content, kind)
    with transaction() as session:
        session.merge(WeChatPicture(app_id=app_id, sha256=sha256, use=use, called=called, at=now))
    return called


def forget_cover(app_id: str, media_id: str) -> None:
    """WeChat does not have this cover any more: it is uploaded again the next time."""
    with transaction() as session:
        for gone in session.scalars(select(WeChatPicture).where(WeChatPicture.app_id == app_id, WeChatPicture.called == media_id)):
            session.delete(gone)
