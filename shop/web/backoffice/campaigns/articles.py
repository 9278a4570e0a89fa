"""Articles: the list, writing one, its pictures, and the paper on which it is shown as readers will see it."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from flask import Response, redirect, render_template, request, url_for
from markupsafe import Markup
from msgspec import Struct, field
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.campaigns import dated, proofs, queries, rendering, writing
from shop.campaigns.queries import ArticleView
from shop.campaigns.rendering import Needed
from shop.campaigns.states import EDITABLE
from shop.campaigns.writing import ArticleMovedOn, Text
from shop.catalogue.picture_files import LARGEST_BYTES
from shop.catalogue.queries import Offer
from shop.pickup.codes import picture_png
from shop.web.backoffice.campaigns import forms
from shop.web.backoffice.campaigns.door import MANY, Answer, blueprint, by_me, desk
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS

UPLOAD = "backoffice_campaigns.save_article"
LARGEST_TEXT = 4 * 1024 * 1024  # more than we take, so that we can say so and give it back
TYPED = ("revision", "title", "author", "digest", "target", "cover", "body")
PAPER = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
WITH_PAPER = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'none'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
ONE = f"/articles/<int(max={MANY}):article_id>"


class Wrong(Struct, frozen=True):
    """What was refused on an article's page: what was typed there, what is wrong with it, and what somebody else has kept."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    refused: ShopError | None = None
    part: str = "text"

    @property
    def status(self) -> int:
        if self.refused is not None:
            return int(STATUS[self.refused.kind])
        return int(HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK)


NOTHING_WRONG = Wrong()


@blueprint.before_request
def _let_pictures_in() -> None:
    """Before anybody reads the form: a picture is larger than any other body, and an article longer than any other field."""
    if request.endpoint == UPLOAD:
        request.max_content_length = LARGEST_BYTES + LARGEST_TEXT + 64 * 1024
        request.max_form_memory_size = LARGEST_TEXT


@blueprint.get("/articles/")
def articles() -> str:
    return _list({}, {})


@blueprint.post("/articles/")
def begin_article() -> AnyResponse | Answer:
    """A new article, with a campaign of its own."""
    typed = request.form.to_dict()
    values, errors = read(forms.TITLE, typed)
    if errors:
        return _list(typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        made = writing.begin(values["title"], by_me(), clock.now())
    except ShopError as refused:
        return _list(typed, refused.fields, refused), STATUS[refused.kind]
    return redirect(url_for(".article", article_id=made), HTTPStatus.SEE_OTHER)


def _list(typed: Mapping[str, str], errors: Mapping[str, list[str]], refused: ShopError | None = None) -> str:
    archived = "archived" in request.args
    return render_template(
        "backoffice/campaign_articles.html", articles=queries.articles(archived=archived), archived=archived, typed=typed,
        errors=errors, refused=None if errors else refused,
    )  # fmt: skip


@blueprint.get(ONE)
def article(article_id: int) -> Response:
    """The article's page: its text, what it will look like, what stands in the way, and where it is on its way to WeChat."""
    return article_page(article_id)


@blueprint.post(ONE)
def save_article(article_id: int) -> AnyResponse:
    """Keep the text, and the picture when one came along. Nothing that was typed is lost, whatever is wrong with it."""
    typed = {name: request.form.get(name, "") for name in TYPED}
    typed["digest"] = " ".join(typed["digest"].split())  # one line, however it was typed
    values, errors = read(forms.ARTICLE, {**typed, "body": ""})
    values["body"] = typed["body"].replace("\r\n", "\n").replace("\x00", "")
    sent = _picture()
    if errors:
        return article_page(article_id, Wrong(typed, errors))
    seen = values.pop("revision")
    now = clock.now()
    try:
        writing.save(article_id, seen, Text(**values), by_me(), now)
    except queries.NoSuchArticle:
        raise
    except ShopError as refused:
        return article_page(article_id, Wrong(typed, refused.fields, refused))
    try:
        number = writing.add_picture(article_id, sent, by_me(), now) if sent else None
    except ShopError as refused:  # the text is kept
        return article_page(article_id, Wrong({}, refused.fields or {"picture": [refused.code]}, refused, "picture"))
    done = {"done": "picture", "number": number} if number else {"done": "saved"}
    return redirect(url_for(".article", article_id=article_id, **done), HTTPStatus.SEE_OTHER)


def _picture() -> bytes:
    """The file of the form, or a little more than we take of it; nothing where there is none."""
    file = request.files.get("picture")
    if file is None:
        return b""
    with file.stream:
        return file.read(LARGEST_BYTES + 1)


def article_page(article_id: int, wrong: Wrong = NOTHING_WRONG) -> Response:
    """The page of an article, also as the answer to a form of it that was refused. Raises NoSuchArticle."""
    now = clock.now()
    one = queries.article(article_id)
    looked = proofs.proof(one, lambda needed: address(article_id, needed), now)
    typed = wrong.typed or typed_of(one)
    answer = Response(
        render_template(
            "backoffice/campaign_article.html", article=one, looked=looked, typed=typed, failed=wrong, history=queries.history(article_id),
            limits=dated.limits(now.date()), longest=rendering.LONGEST, editable=one.state in EDITABLE,
            sends=queries.sends(article_id=one.id),
            moved_on=isinstance(wrong.refused, ArticleMovedOn), can_publish=desk().account.configured, done=request.args.get("done", ""),
            number=request.args.get("number", type=int), link=desk().source_url(one),
        ),
        wrong.status, mimetype="text/html",
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = WITH_PAPER
    return answer


def typed_of(one: ArticleView) -> dict[str, str]:
    cover = next((picture.number for picture in one.pictures if picture.sha256 == one.cover), "")
    return {
        "revision": str(one.revision), "title": one.title, "author": one.author, "digest": one.digest, "target": one.target,
        "cover": str(cover), "body": one.body,
    }  # fmt: skip


def address(article_id: int, needed: Needed) -> str:
    """Where the paper finds a picture."""
    by: Mapping[str, Callable[[], str]] = {
        "picture": lambda: url_for(".article_picture", article_id=article_id, place=int(needed.key)),
        "product": lambda: url_for(".product_picture", article_id=article_id, sku=needed.key),
        "qr": lambda: url_for(".product_code", article_id=article_id, sku=needed.key),
    }
    return by[needed.kind]()


@blueprint.get(f"{ONE}/paper")
def paper(article_id: int) -> Response:
    """The article alone, as WeChat shows it on a phone."""
    one = queries.article(article_id)
    looked = proofs.proof(one, lambda needed: address(article_id, needed), clock.now())
    html = Markup(looked.html)  # noqa: S704 - what left nh3's list of ours
    answer = Response(render_template("backoffice/campaign_paper.html", article=one, html=html), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = PAPER
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


@blueprint.get(f"{ONE}/pictures/<int(max=999):place>.jpg")
def article_picture(article_id: int, place: int) -> Response:
    return _private(queries.picture(article_id, place), "image/jpeg")


@blueprint.get(f"{ONE}/products/<sku>.jpg")
def product_picture(article_id: int, sku: str) -> AnyResponse:
    """The picture of a product in the article."""
    offer = _offer(article_id, sku)
    if offer.picture is None:
        raise queries.NoSuchArticle
    ending = "-720.webp" if offer.picture_kind == "webp" else ".jpg"
    return redirect(f"/pictures/{offer.picture}{ending}")


@blueprint.get(f"{ONE}/codes/<sku>.png")
def product_code(article_id: int, sku: str) -> Response:
    """The QR code of a product in the article."""
    _offer(article_id, sku)
    return _private(picture_png(desk().product_url(queries.article(article_id), sku)), "image/png")


def _offer(article_id: int, sku: str) -> Offer:
    """Raises NoSuchArticle: the article has no such product."""
    one = queries.article(article_id)
    found = proofs.proof(one, lambda _: "", clock.now()).offers.get(sku)
    if found is None:
        raise queries.NoSuchArticle
    return found


def _private(content: bytes, kind: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Cache-Control"] = "private, max-age=300"
    return answer
