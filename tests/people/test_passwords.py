"""Passwords that anybody would try first are refused; long ones that mean nothing to others are not."""

import pytest
from argon2 import PasswordHasher

from shop.people import passwords
from shop.people.passwords import WeakPassword, hashed, is_common

COMMON = (
    "password123", "Password2024!", "P@ssw0rd2024", "1234567890", "123456789012", "qwertyuiop", "Qwertz12345", "aaaaaaaaaa", "abababababab",
    "adminadmin1", "Frankfurt2026!", "iloveyou1314", "woaini5201314", "abcdefghijk", "0987654321", "!!!!!!!!!!!", "7391846250", "Anna123456",
    "   anna   ", "LETMEIN!!!1", "dutyfree2026", "zxcvbnm123",
)  # fmt: skip
GOOD = ("a long password", "correct horse battery", "demo-manager-1", "nG7#wq2!xLp0", "我的密码是一只蓝色的猫", "Kaffee mit zwei Zucker")


@pytest.mark.parametrize("word", COMMON)
def test_what_anybody_would_try_first_is_refused(word: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        hashed(word, "Anna")

    assert refused.value.fields == {"password": ["too_common"]}


@pytest.mark.parametrize("word", GOOD)
def test_a_good_password_is_taken(word: str) -> None:
    assert not is_common(word, "Anna")


@pytest.mark.parametrize(("word", "why"), [("", "too_short"), ("nine lett", "too_short"), ("x y" * 400, "too_long")])
def test_it_is_neither_short_nor_endless(word: str, why: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        hashed(word)

    assert refused.value.fields == {"password": [why]}


def test_a_password_is_hashed_with_argon2id_at_the_strength_of_the_library() -> None:
    made = hashed("a long password")

    assert made.startswith("$argon2id$")
    assert PasswordHasher().check_needs_rehash(made) is False
    assert passwords.matches(made, "a long password")
    assert not passwords.matches(made, "another password")


def test_nobody_has_the_password_of_nobody() -> None:
    assert not passwords.matches(None, "nobody's password")
    assert not passwords.matches("rubbish", "rubbish")
