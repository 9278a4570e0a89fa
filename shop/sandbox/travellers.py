"""The people with a phone: a few ready-made ones, and any that a test adds."""
import base64
import hashlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Traveller:
    """One WeChat user. Every Service Account knows them by another openid; the unionid joins the accounts."""

    id: str
    name: str
    note: str = ""
    bound: bool = True  # the account is bound to an open platform, so a unionid comes with the sign-in
    snapshot: bool = False  # WeChat's read-only snapshot page signs in as a virtual user

    def openid(self, app_id: str) -> str:
        """28 characters that begin with o, the same for the same account each time."""
        return "o" + _mark(f"openid/{app_id}/{self.id}", 27)

    @property
    def unionid(self) -> str | None:
        return "o" + _mark(f"unionid/{self.id}", 27) if self.bound else None

    def shown(self, app_id: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "note": self.note,
            "openid": self.openid(app_id),
            "unionid": self.unionid,
            "snapshot": self.snapshot,
        }


def _mark(text: str, length: int) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()[:length]


READY_MADE = (
    Traveller(id="wang", name="王小明", note="法兰克福 → 北京"),
    Traveller(id="li", name="李娜", note="法兰克福 → 上海"),
    Traveller(id="zhang", name="张伟", note="法兰克福 → 广州"),
    Traveller(id="chen", name="陈静", note="法兰克福 → 香港"),
    Traveller(id="zhao", name="赵磊", note="没有 unionid", bound=False),
    Traveller(id="snapshot", name="快照页用户", note="is_snapshotuser = 1", bound=False, snapshot=True),
)
