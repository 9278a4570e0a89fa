"""QR codes of the Service Account that carry a scene: who scans one follows the account, and we are told the scene.

Official Account, qrcode/create: permanent ones are 100,000 in all, temporary ones last 30 days at most.
"""

from datetime import timedelta

from msgspec import Struct

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.errors import AccountUnavailable


class SceneCode(Struct, frozen=True):
    """What the QR code holds; `lives` None: for good."""

    address: str
    lives: timedelta | None


class SceneCodes:
    """Every call raises AccountError."""

    def __init__(self, account: OfficialAccount) -> None:
        self._account = account

    def create(self, scene: str, lives: timedelta | None) -> SceneCode:
        """A QR code for a scene of 1 to 64 characters: temporary for `lives`, or permanent. The same scene may have many."""
        if not 1 <= len(scene) <= 64:
            raise ValueError("a scene has 1 to 64 characters")
        asked: dict[str, object] = {
            "action_name": "QR_LIMIT_STR_SCENE" if lives is None else "QR_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}
        }  # fmt: skip
        if lives is not None:
            asked["expire_seconds"] = int(lives.total_seconds())
        said = self._account.call("/cgi-bin/qrcode/create", asked)
        address, seconds = said.get("url"), said.get("expire_seconds")
        if not isinstance(address, str) or not 0 < len(address) <= 300:
            raise AccountUnavailable("unreadable", maybe_done=True)
        return SceneCode(address, timedelta(seconds=int(seconds)) if lives is not None and isinstance(seconds, int) else lives)
