"""Title: a text split into words and numbers, and how similar two sets of words are."""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property

WORD = re.compile(r"[^\W_]+(?:'[^\W\d_]+)?")
NUMBER = re.compile(
    r"(?<![\w.,#/])(\d{1,3}(?:[ .,]\d{3})+(?!\d)|\d+)([.,]\d+)?"  # not within a word, such as Q3 or B2B
    r"(?:\s?(%)|\s?(k|m|bn|million|mio)\b|\s?(x|×))?(?![\w/])",
    re.IGNORECASE,
)
SCALES = {"k": 1e3, "m": 1e6, "million": 1e6, "mio": 1e6, "bn": 1e9}


@dataclass(frozen=True, slots=True)
class TitleNumber:
    """A number in a title: as written and with its scale, and the words on both sides in lower case."""

    text: str
    value: float
    scaled: float
    before: str
    after: str

    @property
    def is_year(self) -> bool:
        """Return whether it reads as a year."""
        return self.text.isdigit() and 1900 <= self.value < 2100


@dataclass(frozen=True)
class Title:
    """A title and what rules read of it."""

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Return its words in lower case, without punctuation."""
        return words_of(self.text)

    @cached_property
    def numbers(self) -> tuple[TitleNumber, ...]:
        """Return its numbers; `24/7` and those inside a word are none."""
        return tuple(self._number(found) for found in NUMBER.finditer(self.text))

    def _number(self, found: re.Match[str]) -> TitleNumber:
        whole, part, _, scale, _ = found.groups()
        value = float(re.sub(r"\D", "", whole) + (part or "").replace(",", "."))
        before, after = words_of(self.text[: found.start()]), words_of(self.text[found.end() :])
        scaled = value * SCALES.get((scale or "").lower(), 1.0)
        return TitleNumber(
            found[0].strip(), value, scaled, before[-1] if before else "", after[0] if after else ""
        )


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without punctuation."""
    return tuple(WORD.findall(text.lower().replace("’", "'")))


def similarity(one: Set[str], other: Set[str]) -> float:
    """Return the share of words that two sets have in common, 0 to 1 (the Jaccard index)."""
    return len(one & other) / len(one | other) if one and other else 0.0
