"""Row sets: classes of a planned read: columns, joins, relations, build function; bounds of its JSON size.

Rows that a column refers to are joined into the row set of the referring rows. A row set depends on the
selection alone: it is planned once for a document and cached. It knows how large its objects may be as JSON.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLNamedType,
    GraphQLNonNull,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from okr_api.okr.change_sentences import MAX_SENTENCE_CHARACTERS
from okr_api.okr.check_in import MAX_NOTE_LENGTH
from okr_api.okr.objective import MAX_TEXT_LENGTH, MAX_TITLE_LENGTH

from .field_sources import Kind, Many, View
from .selection import SelectedField

CHARACTER_BYTES = 6  # a control character as JSON escapes it; other characters have one to four
LONG_BYTES = 1_000
NULL = 4
MARK_BYTES = 20  # most that a mark adds to a global id
GLOBAL_ID_BYTES = 32 + len('_""')  # without its prefix
Place = int | str  # of a column in a row: its index or its name
Build = Callable[[Sequence[Any], Any, Sequence[Any]], list[dict[str, Any]]]

# Maximum text length by column; all other texts have at most MAX_TEXT_LENGTH characters.
TEXTS: Mapping[str, int] = {
    "note": MAX_NOTE_LENGTH,
    "summary": MAX_SENTENCE_CHARACTERS,
    **dict.fromkeys(
        ("title", "name", "author_name", "external_id", "unit", "email", "key", "time_zone"), MAX_TITLE_LENGTH
    ),
}
SCALARS: Mapping[str, tuple[int, int]] = {
    "Boolean": (4, 5),
    "Int": (1, 11),
    "Float": (1, 25),
    "Seq": (1, 16),
    "ID": (2, 42),
    "Date": (12, 12),
    "DateTime": (22, 34),
}


def key_bytes(key: str) -> int:
    """Return the bytes of a response key with its quotes, colon and comma."""
    return len(key) + 4


class SizeBounds:
    """Minimum and maximum bytes of an object of one selection, without its relations.

    By place in a row, `lists` has the maximum bytes of an element of a list of scalars, and `texts` has how
    often a long text is serialized and its maximum bytes. A mark at an id has at most `mark_bytes`.
    """

    def __init__(self, mark_bytes: int = 0) -> None:
        self.least = self.most = 0
        self.mark_bytes = mark_bytes
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
        if selected.type_name == "ID":
            most += self.mark_bytes
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


class FallbackRequired(Exception):
    """Raised when the compiled executor meets a field error; graphql-core then reports it."""


def require(value: Any) -> Any:
    """Return the value of a non-null field.

    Raises:
        FallbackRequired: it is null.
    """
    if value is None:
        raise FallbackRequired
    return value


class Found(dict[Any, Any]):
    """Dict of what was found, by key; a missing key raises `FallbackRequired`."""

    def __missing__(self, key: Any) -> Any:
        raise FallbackRequired


@dataclass(frozen=True, slots=True)
class Relation:
    """A field whose values are found for all rows of its row set at once.

    `take` returns what a row has of it: a key, columns or, if folded, the rows; rows for which `present`
    returns None have nothing.
    """

    kind: Kind
    selected: SelectedField
    take: Callable[[Any], Any]
    present: Callable[[Any], Any] | None = None
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A row that a column refers to, read with the referring row: templates of `{row}`."""

    alias: str
    view: View
    on: str
    seen: bool


@dataclass(frozen=True, slots=True)
class Fold:
    """Referring rows, read as an array with the row that they refer to, if there are few of the latter."""

    many: Many
    parent: str
    selected: SelectedField


class Text(NamedTuple):
    """Text of a statement, and the names of its parameters from `$2` on."""

    sql: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of one type with what is selected of them.

    `items` are read in this order: templates of `{row}`, the alias of the row, and of `{now}`. `folded` has
    the row sets of the folds among them, by their place. `names` are the columns of rows that are passed in.
    `build(rows, now, found)` builds the objects, where `found` has the values of each relation; `source` is
    its source. `texts` caches statements; `sizes` is the size of an object as JSON, without its relations.
    """

    type_name: str
    view: View
    items: tuple[str | Fold, ...]
    folded: Mapping[int, "RowSet"]
    joins: tuple[Join, ...]
    names: frozenset[str]
    relations: tuple[Relation, ...]
    build: Build
    source: str
    sizes: SizeBounds
    texts: dict[tuple[Any, ...], Text] = field(default_factory=dict)


def called(
    function: Callable[..., Any], needs: Sequence[str], take: Callable[[Any], Any], rows: Sequence[Any]
) -> Iterable[Any]:
    """Return what a relation's function makes of each row's columns."""
    return (function(*take(row)) for row in rows) if len(needs) > 1 else (function(take(row)) for row in rows)
