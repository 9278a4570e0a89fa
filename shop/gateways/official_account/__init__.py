"""The Service Account: sign a traveller in through WeChat."""
from shop.gateways.official_account.client import OfficialAccount, SignedIn, SignInRefused, SignInUnavailable

__all__ = ["OfficialAccount", "SignInRefused", "SignInUnavailable", "SignedIn"]
