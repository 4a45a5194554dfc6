"""Full-text query for titles that may be similar to one, by pairs of a few of its words.

Two titles that share at least k of the n words of one also share two of any n - k + 2 of them. So pairs of
those find every similar title, and few others.
"""

from itertools import combinations
from math import ceil

from okr_api.coaching.lexicon import Lexicon
from okr_api.coaching.rules.alignment import COMMON_WORDS, SIMILAR_WORDS
from okr_api.coaching.title import Title

MAX_WORDS_PAIRED = 10
assert COMMON_WORDS == 2, "pairs of words find titles with two words in common"


def title_query(title: Title, lexicon: Lexicon) -> str | None:
    """Return the full-text query for titles that may be similar; None for a title without words."""
    content = sorted(lexicon.content(title), key=lambda word: (-len(word), word))
    if len(content) < COMMON_WORDS:
        return " & ".join(sorted(map(_quoted, set(title.words)))) or None
    common = max(ceil(SIMILAR_WORDS * len(content)), COMMON_WORDS)
    paired = content[: min(len(content) - common + COMMON_WORDS, MAX_WORDS_PAIRED)]
    return " | ".join(f"({_quoted(one)} & {_quoted(other)})" for one, other in combinations(paired, 2))


def _quoted(word: str) -> str:
    """Return a word as in a query; what follows an apostrophe is a word of its own in the index."""
    return f"'{word.partition(chr(39))[0]}'"
