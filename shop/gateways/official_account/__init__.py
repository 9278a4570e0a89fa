"""The Service Account and the content account: signing in through WeChat, and their API."""

from shop.gateways.official_account.client import OfficialAccount
from shop.gateways.official_account.drafts import Drafts, DraftText
from shop.gateways.official_account.errors import (
    AccountError,
    AccountMisconfigured,
    AccountRefused,
    AccountUnavailable,
    AlreadyThere,
    Blocked,
    ContentRefused,
    CountUsedUp,
    FieldInvalid,
    IpNotAllowed,
    NotFollowing,
    NotGranted,
    NotThere,
    OutsideWindow,
    QuotaUsedUp,
    TokenRejected,
    UnknownTemplate,
    UnknownUser,
)
from shop.gateways.official_account.mass_messages import MassMessages, Tag
from shop.gateways.official_account.menus import live_menu, publish_menu
from shop.gateways.official_account.messages import TemplateView, scene_code, send_template, templates
from shop.gateways.official_account.publications import Publication, Publications, Published, read_publication
from shop.gateways.official_account.pushes import LARGEST as LARGEST_PUSH
from shop.gateways.official_account.pushes import Doubt, NotGenuine, Push, PushReader, aes_key_of
from shop.gateways.official_account.pushes import Unreadable as UnreadablePush
from shop.gateways.official_account.replies import send_text
from shop.gateways.official_account.scene_codes import SceneCode, SceneCodes
from shop.gateways.official_account.sign_in import SignedIn, SignInRefused, SignInUnavailable

__all__ = [
    "LARGEST_PUSH",
    "AccountError",
    "AccountMisconfigured",
    "AccountRefused",
    "AccountUnavailable",
    "AlreadyThere",
    "Blocked",
    "ContentRefused",
    "CountUsedUp",
    "Doubt",
    "DraftText",
    "Drafts",
    "FieldInvalid",
    "IpNotAllowed",
    "MassMessages",
    "NotFollowing",
    "NotGenuine",
    "NotGranted",
    "NotThere",
    "OfficialAccount",
    "OutsideWindow",
    "Publication",
    "Publications",
    "Published",
    "Push",
    "PushReader",
    "QuotaUsedUp",
    "SceneCode",
    "SceneCodes",
    "SignInRefused",
    "SignInUnavailable",
    "SignedIn",
    "TemplateView",
    "Tag",
    "TokenRejected",
    "UnknownTemplate",
    "UnknownUser",
    "UnreadablePush",
    "aes_key_of",
    "live_menu",
    "publish_menu",
    "scene_code",
    "send_template",
    "read_publication",
    "send_text",
    "templates",
]
