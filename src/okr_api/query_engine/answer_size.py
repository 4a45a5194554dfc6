"""Response size limit in bytes of JSON, with upper bounds computed while the response is loaded.

Loaded objects are shared: an owner of a hundred objectives is one object, but is serialized a hundred times.
So a response may be far larger than the objects in it. While it is loaded, an upper bound is kept by
multiplying; only if the bound exceeds the limit are the bytes counted (`json_writer`), before serialization.
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
CHARACTER_BYTES = 6  # a control character as JSON escapes it; other characters have one to four
LONG_BYTES = 1_000
LOOKED_AT_BYTES = 1_000_000
NULL = 4
GLOBAL_ID_BYTES = 32 + len('_""')  # without its prefix
Place = int | str  # of a column in a row: its index or its name

# Maximum text length by column; all other texts have at most MAX_TEXT_LENGTH characters.
TEXTS: Mapping[str, int] = {
    "note": MAX_NOTE_LENGTH,
    **dict.fromkeys(
        ("title", "name", "author_name", "external_id", "unit", "email", "key", "time_zone"), MAX_TITLE_LENGTH
    ),
}
CURSOR_BYTES = (60, 2 * CHARACTER_BYTES * MAX_TITLE_LENGTH)  # base64, including the sort value
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
    """Size of one operation's response so far, in bytes.

    `bytes` is the size of what has been loaded, counted or as an upper bound; `least` is a lower bound that
    counts each object once.
    """

    __slots__ = ("bytes", "least")

    def __init__(self, answered: int = 0) -> None:
        self.bytes = self.least = answered

    def build(self, least: int) -> None:
        """Count objects that are about to be built.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        self.least += least
        if self.least > MAX_ANSWER_BYTES:
            raise too_large()


def too_large() -> TooMany:
    """Return the error for a response that is too large."""
    return TooMany(
        f"The answer would have more than {MAX_ANSWER_BYTES:,} bytes: ask for smaller pages, "
        "fewer fields or fewer levels at a time"
    )


def key_bytes(key: str) -> int:
    """Return the bytes of a response key with its quotes, colon and comma."""
    return len(key) + 4


class SizeBounds:
    """Minimum and maximum bytes of an object of one selection, without its relations.

    By place in a row, `lists` has the maximum bytes of an element of a list of scalars, and `texts` has how
    often a long text is serialized and its maximum bytes.
    """

    def __init__(self) -> None:
        self.least = self.most = 0
        self.lists: Counter[Place] = Counter()
        self.texts: dict[Place, tuple[int, int]] = {}

    def add(self, least: int, most: int | None = None) -> None:
        """Add bytes; the maximum is the minimum unless given."""
        self.least += least
        self.most += least if most is None else most

    def add_key(self, key: str) -> None:
        """Add the bytes of a response key."""
        self.add(key_bytes(key))

    def add_value(
        self, selected: SelectedField, column: str | None = None, place: Place | None = None
    ) -> None:
        """Add the value of a field; `place` is where its column lies in a row, if it has one."""
        least, most = _bounds(get_named_type(selected.field.type), column)
        if is_list(selected):
            assert place is not None
            self.lists[place] += most + 1
            least, most = 2, NULL
        elif place is not None and most > LONG_BYTES:
            self.texts[place] = (self.texts.get(place, (0, 0))[0] + 1, most)
        if not isinstance(selected.field.type, GraphQLNonNull):
            least, most = min(least, NULL), max(most, NULL)
        self.add(least, most)

    @contextmanager
    def optional(self) -> Iterator[None]:
        """Count what is added within the context as nullable: at least the bytes of `null`."""
        least = self.least
        yield
        self.least = least + NULL


def is_list(selected: SelectedField) -> bool:
    """Return whether a field is a list."""
    return is_list_type(get_nullable_type(selected.field.type))


def _bounds(named: GraphQLNamedType, column: str | None) -> tuple[int, int]:
    if isinstance(named, GraphQLEnumType):
        sizes = [len(name) + 2 for name in named.values]
        return min(sizes), max(sizes)
    known = SCALARS.get(named.name)
    return known or (2, 2 + CHARACTER_BYTES * TEXTS.get(column or "", MAX_TEXT_LENGTH))


def _longest(rows: Sequence[Any], place: Place) -> int:
    """Return the length of the longest list or text at a place in the rows."""
    return max([len(row[place] or ()) for row in rows], default=0)


class SizeEstimate:
    """Upper bound of the bytes of what is loaded, each object counted as often as it is serialized.

    The objects that are loaded next occur at most `all` times together, and each at most `each` times. A
    caller that loads several relations of the same rows resets both (`uses`) in between.
    """

    def __init__(self, budget: AnswerBudget) -> None:
        self.budget = budget
        self.most = 0
        self.all = self.each = 1

    @property
    def uses(self) -> tuple[int, int]:
        """Return how often the current objects occur at most: together, and each."""
        return self.all, self.each

    @uses.setter
    def uses(self, uses: tuple[int, int]) -> None:
        self.all, self.each = uses

    def share(self, references: int, distinct: int) -> None:
        """Continue with objects that the current ones refer to: `references` to `distinct` objects."""
        self.each = min(self.all, self.each * (references - distinct + 1))

    def spread(self, longest: int, built: int) -> None:
        """Continue with list members: at most `longest` in one of the current objects, `built` in total."""
        self.all = min(self.all * longest, self.each * built)

    def spread_lists(self, lists: Collection[Sized]) -> None:
        """Continue with the members of these lists."""
        sizes = list(map(len, lists))
        self.spread(max(sizes, default=0), sum(sizes))

    def count(self, built: int, least: int, most: int) -> None:
        """Count `built` of the current objects, or parts of them, before they are built.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        self.budget.build(built * least)
        self.most += self.all * most

    def count_rows(self, sizes: SizeBounds, rows: Sequence[Any]) -> None:
        """Count the objects of these rows, at least one; if the bound is large, measure their long texts.

        Raises:
            TooMany: the response would be too large even if each object were serialized once.
        """
        most = sizes.most
        for place, each in sizes.lists.items():
            most += each * _longest(rows, place)
        if sizes.texts and self.all * most > LOOKED_AT_BYTES:
            for place, (times, longest) in sizes.texts.items():
                most -= times * max(longest - CHARACTER_BYTES * _longest(rows, place), 0)
        self.count(len(rows), sizes.least, most)

    def take(self) -> int:
        """Return the bound and reset it; the next object occurs once."""
        most, self.most = self.most, 0
        self.all = self.each = 1
        return most
