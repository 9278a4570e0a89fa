"""QR codes for print: of the Service Account with a scene, where it can make them, else of our own link."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from shop.base import audit
from shop.base.db import changed, transaction
from shop.campaigns import dated, queries
from shop.campaigns.models import Campaign
from shop.campaigns.queries import CampaignView
from shop.gateways.official_account import OfficialAccount, SceneCodes

SCENE = "c."  # what our scenes begin with; others belong to orders


def address(campaign: CampaignView, public_url: str, now: datetime) -> str:
    """What the campaign's QR code holds: the account's while that can be scanned, else our own short link."""
    if campaign.scene_holds(now):
        return campaign.scene_address or ""
    return link(campaign, public_url)


def link(campaign: CampaignView, public_url: str) -> str:
    """The short link that counts and leads on."""
    return f"{public_url}/go/{campaign.mark}"


def mark_of(scene: str) -> str | None:
    """The campaign's mark in a scene that WeChat tells us of; None: it is somebody else's."""
    return scene.removeprefix(SCENE) if scene.startswith(SCENE) else None


def make_scene(mark: str, permanent: bool, service: OfficialAccount, by: str, now: datetime) -> None:
    """Have the Service Account make a QR code for the campaign: for good, or for as long as WeChat allows.

    Whoever scans it follows the account and is counted for the campaign. Raises NoSuchCampaign, AccountError (NotGranted: the
    account may not; the link's code works all the same).
    """
    campaign = queries.campaign(mark)
    days = timedelta(days=dated.limits(now.astimezone(UTC).date()).scene_days)
    code = SceneCodes(service).create(f"{SCENE}{campaign.mark}", None if permanent else days)
    _keep(mark, code.address, None if code.lives is None else now + code.lives, by, now)


def _keep(mark: str, address: str, until: datetime | None, by: str, now: datetime) -> None:
    with transaction() as session:
        asked = update(Campaign).where(Campaign.mark == mark).values(scene_address=address, scene_until=until)
        if not changed(session.execute(asked)):
            raise queries.NoSuchCampaign
        audit.record(session, by, "campaign.scene_made", f"campaign:{mark}", now, after={"until": until and until.isoformat()})
