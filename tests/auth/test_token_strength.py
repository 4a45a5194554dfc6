"""Token strength: tokens that can be guessed are rejected."""

import secrets

import pytest

from okr_api.auth.token_strength import MIN_TOKEN_BITS, check_token_strength, estimated_bits
from okr_api.auth.tokens import new_token

GUESSED = (
    "x" * 32,
    "x" * 500,
    "ab" * 16,
    "password" * 4,
    "changeme" * 8,
    "0123456789" * 4,
    "qwertyuiop" * 4,
    "abcdefghijklmnopqrstuvwxyz012345",
    "0" * 16 + "1" * 16,
    "bootstrap-" + "x" * 22,
    "漢" * 32,
)


@pytest.mark.parametrize("token", GUESSED)
def test_a_token_that_others_may_guess_is_refused(token: str):
    assert estimated_bits(token) < MIN_TOKEN_BITS
    with pytest.raises(ValueError, match="too easy to guess; make a random one, with: openssl rand -hex 32"):
        check_token_strength(token)


def test_a_random_token_is_taken():
    for _ in range(500):
        for token in (secrets.token_hex(16), secrets.token_hex(32), secrets.token_urlsafe(24), new_token()):
            check_token_strength(token)


@pytest.mark.parametrize("token", ("", "x", "3163b9a28cec9508ab59e093cdbe233"))
def test_a_short_token_is_refused(token: str):
    with pytest.raises(ValueError, match=f"has {len(token)} characters; it needs at least 32"):
        check_token_strength(token)
