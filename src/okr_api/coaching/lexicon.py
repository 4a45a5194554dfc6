"""Lexicon of a language from `languages/*.toml`: matching of word lists, verbs and deadlines; texts of rules.

A list holds words and phrases in lower case, separated by commas; `*word` stands for every word that ends
with it. A text has `{names}` of a finding's values.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from okr_api.okr.people import Language

from .title import Title

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True, slots=True)
class WordList:
    """A word list: its phrases by their first word, longer ones first, and the endings of words."""

    phrases: Mapping[str, Sequence[tuple[str, ...]]]
    endings: tuple[str, ...]

    def at(self, words: Sequence[str], place: int) -> str:
        """Return the phrase of the list that begins at a place in the words; empty if none does."""
        if place >= len(words):
            return ""
        for phrase in self.phrases.get(words[place], ()):
            if tuple(words[place : place + len(phrase)]) == phrase:
                return " ".join(phrase)
        return words[place] if self.endings and words[place].endswith(self.endings) else ""

    def is_absent(self, words: Sequence[str]) -> bool:
        """Return whether none of the words can begin a phrase of the list; False if it has endings."""
        return not self.endings and self.phrases.keys().isdisjoint(words)

    @classmethod
    def of(cls, text: str) -> "WordList":
        """Return the list in a text."""
        entries = [tuple(entry.split()) for entry in text.split(",")]
        phrases: dict[str, list[tuple[str, ...]]] = {}
        for entry in sorted(entries, key=len, reverse=True):
            if entry and not entry[0].startswith("*"):
                phrases.setdefault(entry[0], []).append(entry)
        return cls(phrases, tuple(entry[0][1:] for entry in entries if entry and entry[0].startswith("*")))


@dataclass(frozen=True)
class Lexicon:
    """Word lists by name, and the message and the suggestion of each rule by its id."""

    lists: Mapping[str, WordList]
    texts: Mapping[str, tuple[str, str]]
    names: Mapping[str, str]
    months: Mapping[str, int]
    decimal_point: str
    verbs_come_last: bool

    def find(self, name: str, words: Sequence[str]) -> str:
        """Return the first phrase of a list that occurs in the words; empty if none does."""
        found = self.lists[name]
        if found.is_absent(words):
            return ""
        return next((phrase for at in range(len(words)) if (phrase := found.at(words, at))), "")

    def count(self, name: str, words: Sequence[str]) -> int:
        """Return the number of places in the words at which a phrase of a list begins."""
        found = self.lists[name]
        return 0 if found.is_absent(words) else sum(1 for at in range(len(words)) if found.at(words, at))

    def action(self, name: str, words: Sequence[str]) -> str:
        """Return the verb of a list that says what a title does; empty if it does something else.

        That is its first word after adverbs, the word after an auxiliary, and where verbs come last, the
        last word.
        """
        verbs, adverbs, auxiliaries = self.lists[name], self.lists["adverbs"], self.lists["auxiliaries"]
        places = [next((at for at in range(len(words)) if not adverbs.at(words, at)), 0)]
        places += [at + 1 for at in range(len(words)) if auxiliaries.at(words, at)]
        if self.verbs_come_last:
            places.append(max(len(words) - 1, 0))
        return next((phrase for at in places if (phrase := verbs.at(words, at))), "")

    def content(self, title: Title) -> frozenset[str]:
        """Return the words of a title that carry its meaning: no numbers and no stop words.

        A title of nothing else has all of its words.
        """
        words, stop_words = title.words, self.lists["stop_words"]
        found = (
            word for at, word in enumerate(words) if not word[0].isdigit() and not stop_words.at(words, at)
        )
        return frozenset(found) or frozenset(words)

    def deadlines(self, words: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield each deadline that the words name, such as `by june`, with the number of its month."""
        if self.months.keys().isdisjoint(words):
            return
        for place in range(len(words)):
            phrase = self.lists["deadline_words"].at(words, place)
            after = "".join(words[place + len(phrase.split()) :][:1]) if phrase else ""
            if after in self.months:
                yield f"{phrase} {after}", self.months[after]

    def number(self, value: float) -> str:
        """Return a number as the language writes it, with at most six digits."""
        return f"{value:.6g}".replace(".", self.decimal_point)


@cache
def lexicon_of(language: Language) -> Lexicon:
    """Return the lexicon of a language."""
    data = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return Lexicon(
        lists={name: WordList.of(text) for name, text in data["words"].items()},
        texts={id: (one["message"], one["suggestion"]) for id, one in data["rules"].items()},
        names=data["names"],
        months={name: number for number, names in enumerate(data["months"], 1) for name in names},
        decimal_point=data["decimal_point"],
        verbs_come_last=data["verbs_come_last"],
    )
