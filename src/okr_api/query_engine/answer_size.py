"""The size of an answer in bytes of JSON: its limit, and bounds that are known while it is loaded.

What is loaded is shared: an owner of a hundred objectives is one object, and written a hundred times. So an
answer may be far larger than what it is made of. While it is loaded, a bound is kept by multiplying; only
where that passes the limit is the answer counted (`json_writer`), before anything of it is written.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from okr_api.okr.check_in import MAX_NOTE_LENGTH
from okr_api.okr.errors import TooMany
from okr_api.okr.objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

from .selection import SelectedField

MAX_ANSWER_BYTES = 20_000_000
CHARACTER_BYTES = 6  # of a control character, as JSON escapes it; others have one to four
LONG_BYTES = 1_000
LOOKED_AT_BYTES = 1_000_000
NULL = 4
GLOBAL_ID_BYTES = 32 + len('_""')  # beside its prefix
Place = int | str  # in a row: a position, or a name

# The longest texts by their columns; all others have at most MAX_TEXT_LENGTH characters.
TEXTS: Mapping[str, int] = {
    "note": MAX_NOTE_LENGTH,
    **dict.fromkeys(
        ("title", "name", "author_name", "external_id", "unit", "email", "key", "time_zone"), MAX_TITLE_LENGTH
    ),
}
CURSOR_BYTES = (60, 2 * CHARACTER_BYTES * MAX_TITLE_LENGTH)  # in base 64, what a list is ordered by included
SCALARS: Mapping[str, tuple[int, int]] = {
    "Boolean": (4, 5),
    "Int": (1, 11),
    "Float": (1, 25),
    "Seq": (1, 16),
    "ID": (2, 42),
    "Date": (12, 12),
    "DateTime": (22, 34),
}


class AnswerBudget:
    """What one operation may still answer with, in bytes.

    `bytes` are those of what is loaded already, or a bound of them; `least` is what is being loaded, each
    object counted once.
    """

    __slots__ = ("bytes", "least")

    def __init__(self, answered: int = 0) -> None:
        self.bytes = self.least = answered

    def build(self, least: int) -> None:
        """Count objects that are going to be built.

        Raises:
            TooMany: they would not fit into an answer, were each written once.
        """
        self.least += least
        if self.least > MAX_ANSWER_BYTES:
            raise too_large()


def too_large() -> TooMany:
    """Return the refusal of an answer that is too large."""
    return TooMany(
        f"The answer would have more than {MAX_ANSWER_BYTES:,} bytes: ask for smaller pages, "
        "fewer fields or fewer levels at a time"
    )


def key_bytes(key: str) -> int:
    """Return the bytes of a response key with its quotes, colon and comma."""
    return len(key) + 4


class SizeBounds:
    """The least and the most bytes of the objects of one selection, without what their relations hold.

    By the places in a row where lists of scalars and long texts lie, `lists` has the most bytes of a value in
    one, and `texts` how often a text is written, and the most bytes of it.
    """

    def __init__(self) -> None:
        self.least = self.most = 0
        self.lists: Counter[Place] = Counter()
        self.texts: dict[Place, tuple[int, int]] = {}

    def add(self, least: int, most: int | None = None) -> None:
        """Add bytes, as many at most as at least unless otherwise said."""
        self.least += least
        self.most += least if most is None else most

    def add_key(self, key: str) -> None:
        """Add a response key."""
        self.add(key_bytes(key))

    def add_value(self, asked: SelectedField, column: str | None = None, place: Place | None = None) -> None:
        """Add the value of a field, which lies at a place in a row if it has one."""
        least, most = _bounds(get_named_type(asked.field.type), column)
        if is_list(asked):
            assert place is not None
            self.lists[place] += most + 1
            least, most = 2, NULL
        elif place is not None and most > LONG_BYTES:
            self.texts[place] = (self.texts.get(place, (0, 0))[0] + 1, most)
        if not isinstance(asked.field.type, GraphQLNonNull):
            least, most = min(least, NULL), max(most, NULL)
        self.add(least, most)

    @contextmanager
    def optional(self) -> Iterator[None]:
        """Add what may be null instead."""
        least = self.least
        yield
        self.least = least + NULL


def is_list(asked: SelectedField) -> bool:
    """Return whether a field is a list."""
    return is_list_type(get_nullable_type(asked.field.type))


def _bounds(named: GraphQLNamedType, column: str | None) -> tuple[int, int]:
    if isinstance(named, GraphQLEnumType):
        sizes = [len(name) + 2 for name in named.values]
        return min(sizes), max(sizes)
    known = SCALARS.get(named.name)
    return known or (2, 2 + CHARACTER_BYTES * TEXTS.get(column or "", MAX_TEXT_LENGTH))


def _longest(rows: Sequence[Any], place: Place) -> int:
    """Return the length of the longest list or text in a place of rows."""
    return max([len(row[place] or ()) for row in rows], default=0)


class SizeEstimate:
    """A bound of the bytes of what is loaded, each object counted as often as it is written.

    The objects that are loaded next are written at most `all` times together, and `each` of them so often.
    Whoever loads several relations of the same rows goes back to those in between.
    """

    def __init__(self, budget: AnswerBudget) -> None:
        self.budget = budget
        self.most = 0
        self.all = self.each = 1

    @property
    def uses(self) -> tuple[int, int]:
        """How often the present objects are written: all, and each."""
        return self.all, self.each

    @uses.setter
    def uses(self, uses: tuple[int, int]) -> None:
        self.all, self.each = uses

    def share(self, references: int, distinct: int) -> None:
        """Go on with objects to which there are so many references from the present ones."""
        self.each = min(self.all, self.each * (references - distinct + 1))

    def spread(self, longest: int, built: int) -> None:
        """Go on with the members of lists: so many at most in one of the present objects, so many in all."""
        self.all = min(self.all * longest, self.each * built)

    def spread_lists(self, lists: Collection[Sized]) -> None:
        """Go on with the members of these lists."""
        sizes = list(map(len, lists))
        self.spread(max(sizes, default=0), sum(sizes))

    def count(self, built: int, least: int, most: int) -> None:
        """Count so many of the present objects, or parts of them, before they are built.

        Raises:
            TooMany: they would not fit into an answer, were each written once.
        """
        self.budget.build(built * least)
        self.most += self.all * most

    def count_rows(self, sizes: SizeBounds, rows: Sequence[Any]) -> None:
        """Count what is made of these rows, one at least; where it may be much, see how long the texts are.

        Raises:
            TooMany: they would not fit into an answer, were each written once.
        """
        most = sizes.most
        for place, each in sizes.lists.items():
            most += each * _longest(rows, place)
        if sizes.texts and self.all * most > LOOKED_AT_BYTES:
            for place, (times, longest) in sizes.texts.items():
                most -= times * max(longest - CHARACTER_BYTES * _longest(rows, place), 0)
        self.count(len(rows), sizes.least, most)

    def take(self) -> int:
        """Return the bound, and begin anew with an object that is written once."""
        most, self.most = self.most, 0
        self.all = self.each = 1
        return most
