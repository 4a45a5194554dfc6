"""Token strength: reject bootstrap tokens that are short or, by an estimate of entropy, easy to guess."""

import zlib
from collections import Counter
from itertools import pairwise
from math import log2

SHORTEST_BOOTSTRAP_TOKEN = 32
MIN_TOKEN_BITS = 64


def check_token_strength(token: str) -> None:
    """Check that a token is long and random enough.

    Raises:
        ValueError: with a sentence that continues after the token's name.
    """
    if len(token) < SHORTEST_BOOTSTRAP_TOKEN:
        raise ValueError(f"has {len(token)} characters; it needs at least {SHORTEST_BOOTSTRAP_TOKEN}")
    if estimated_bits(token) < MIN_TOKEN_BITS:
        raise ValueError("is too easy to guess; make a random one, with: openssl rand -hex 32")


def estimated_bits(token: str) -> float:
    """Return an upper estimate of the random bits in a text.

    Repetition is measured by compression; characters count by their entropy and by the entropy of the
    differences between neighbours, so that `aaaa`, `abcabc` and `abcdef` score low.
    """
    places = [ord(character) for character in token]
    steps = [later - earlier for earlier, later in pairwise(places)]
    compressed = zlib.compress(token.encode(), 9, wbits=-zlib.MAX_WBITS)
    return min(_entropy(places), _entropy(steps)) * min(len(token), len(compressed))


def _entropy(values: list[int]) -> float:
    """Return the Shannon entropy of the values in bits per value."""
    counts = Counter(values).values()
    return -sum(count / len(values) * log2(count / len(values)) for count in counts) if values else 0.0
