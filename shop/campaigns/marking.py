"""Making a campaign and its mark; for the verbs of this room."""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from shop.base import audit
from shop.campaigns import rules
from shop.campaigns.models import Campaign
from shop.campaigns.rules import WrongCampaign
from shop.campaigns.states import CampaignKind

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


def new_mark(kind: CampaignKind) -> str:
    """A mark that says nothing but the kind, like `a-7k2pq9`."""
    return f"{kind.value[0]}-{''.join(secrets.choice(LETTERS) for _ in range(6))}"


def make(session: Session, kind: CampaignKind, title: str, target: str, mark: str, by: str, now: datetime) -> Campaign:
    """A campaign, in the caller's transaction. Raises WrongCampaign."""
    if not title.strip():
        raise WrongCampaign(fields={"title": ["missing"]})
    made = Campaign(
        mark=rules.check_mark(mark), kind=kind.value, title=title.strip(), target=rules.check_target(target), created_at=now,
        created_by=by, scene_address=None, scene_until=None, ended_at=None,
    )  # fmt: skip
    session.add(made)
    session.flush()
    after = {"kind": kind.value, "title": made.title, "target": target}
    audit.record(session, by, "campaign.made", f"campaign:{made.mark}", now, after=after)
    return made
