"""What marketing's pages share: their door, who is at it, and the desk from which articles go to WeChat."""

from pathlib import Path

from flask import Blueprint

from shop.campaigns.drafting import Desk
from shop.web.guards import known_staff
from shop.web.wiring import settings, wiring

blueprint = Blueprint("backoffice_campaigns", __name__, url_prefix="/manage/campaigns")
MANY = 2**53 - 1
Answer = tuple[str, int]


def by_me() -> str:
    """Who is signed in, as the books name them."""
    return f"staff:{known_staff().id}"


def desk() -> Desk:
    """The account that publishes: the content account, or the Service Account where there is only that."""
    gateways = wiring()
    account = gateways.content if gateways.content.configured else gateways.account
    return Desk(account, settings().public_url, Path(settings().picture_folder))
