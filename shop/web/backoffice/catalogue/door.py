"""What the pages of the catalogue share: their door, who is at it, and how a product's page says what went wrong."""

import secrets
from http import HTTPStatus

from flask import Blueprint, render_template, request
from msgspec import Struct, field

from shop.base import clock
from shop.base.errors import ShopError
from shop.catalogue import ledger_queries, office_queries, picture_queries, price_queries
from shop.catalogue.picture_files import LARGEST_BYTES
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.states import BY_PEOPLE, LESS, MORE
from shop.web.backoffice.catalogue import forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_catalogue", __name__, url_prefix="/manage/catalogue")
UPLOAD = "backoffice_catalogue.add_picture"
FEW_ENTRIES = 8  # of the ledger, on the product's page
Answer = tuple[str, int]


@blueprint.before_request
def _let_pictures_in() -> None:
    """Before anybody reads the form: a picture is larger than any other body."""
    if request.endpoint == UPLOAD:
        request.max_content_length = LARGEST_BYTES + 64 * 1024


@blueprint.before_request
def _refuse_what_nobody_is_called() -> None:
    """A SKU or a code with control characters names nothing, and PostgreSQL would not even look. Raises NoSuchProduct."""
    if not all(value.isprintable() for value in (request.view_args or {}).values() if isinstance(value, str)):
        raise NoSuchProduct


def by_me() -> str:
    """Who is signed in, as the books name them."""
    return f"staff:{known_staff().id}"


class Wrong(Struct, frozen=True):
    """What was refused on a product's page: in which of its forms, what was typed there, and what is wrong with it."""

    part: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    refused: ShopError | None = None
    stored: dict[str, str] = field(default_factory=dict)  # by field what somebody else has saved meanwhile

    @property
    def said(self) -> ShopError | None:
        """The refusal, unless one of the fields says it already."""
        return None if self.errors else self.refused

    @property
    def status(self) -> int:
        if self.refused is not None:
            return int(STATUS[self.refused.kind])
        return int(HTTPStatus.UNPROCESSABLE_ENTITY if self.errors else HTTPStatus.OK)


NOTHING_WRONG = Wrong()


def product_page(sku: str, wrong: Wrong = NOTHING_WRONG) -> Answer:
    """The page of one product, also as the answer to a form of it that was refused. Raises NoSuchProduct."""
    now = clock.now()
    one = office_queries.product(sku, now)
    shown = render_template(
        "backoffice/product.html", product=one, now=now, prices=price_queries.prices(one.id, now),
        ledger=ledger_queries.entries(one.id, limit=FEW_ENTRIES), pictures=picture_queries.pictures(one.id),
        categories=office_queries.categories(), brands=office_queries.brands(), failed=wrong,
        typed=wrong.typed if wrong.part == "said" else forms.typed_of(one.values),
        reasons=BY_PEOPLE, more=MORE, less=LESS, key=secrets.token_urlsafe(12), done=request.args.get("done", ""),
    )  # fmt: skip
    return shown, wrong.status
