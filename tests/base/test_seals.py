"""A seal is made by whoever knows the secret, for one purpose and one text."""
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shop.base import seals

SECRET, PURPOSE, TEXT = "a secret", "pickup", b"DF1ABC"


@pytest.mark.parametrize(
    ("secret", "purpose", "text", "genuine"),
    [
        (SECRET,     PURPOSE, TEXT,      True),
        ("another",  PURPOSE, TEXT,      False),
        (SECRET,     "other", TEXT,      False),
        (SECRET,     PURPOSE, b"DF1ABD", False),
    ],
)  # fmt: skip
def test_a_seal_holds_for_its_secret_purpose_and_text_alone(secret: str, purpose: str, text: bytes, genuine: bool) -> None:
    assert seals.is_sealed(secret, purpose, text, seals.seal(SECRET, PURPOSE, TEXT)) is genuine


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"x" * 63])
def test_rubbish_is_no_seal(signature: bytes) -> None:
    assert seals.is_sealed(SECRET, PURPOSE, TEXT, signature) is False


def test_anybody_with_the_public_key_can_check_a_seal() -> None:
    public = Ed25519PublicKey.from_public_bytes(seals.public_key(SECRET, PURPOSE))

    public.verify(seals.seal(SECRET, PURPOSE, TEXT), TEXT)  # raises when it does not hold
