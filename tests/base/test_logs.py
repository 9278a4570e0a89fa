"""Nothing that is called like a secret or a person gets into a log."""
import pytest

from shop.base.logs import HIDDEN, hide_secrets


@pytest.mark.parametrize(
    "name", ["openid", "payer_openid", "unionid", "Authorization", "device_token", "password", "traveller_name", "birth_date"]
)
def test_a_secret_is_hidden_at_any_depth(name: str) -> None:
    said = hide_secrets(None, "info", {"event": "paid", name: "oABC", "inner": {name: "oABC", "state": "paid"}})

    assert said == {"event": "paid", name: HIDDEN, "inner": {name: HIDDEN, "state": "paid"}}
