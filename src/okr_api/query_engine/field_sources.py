"""Where each field of the schema comes from, said once beside the field.

A type says what it is a view of; each of its fields says its kind. Nothing else describes the read
side: the resolvers, the columns of every statement and the number of statements follow from it.

| kind      | says                                                                          |
|-----------|-------------------------------------------------------------------------------|
| Column    | a column of the row                                                           |
| GlobalId  | a column that is an id, written with the prefix of its type                    |
| Derived   | a plain function of columns, and perhaps of the request's clock               |
| Same      | an object made of other columns of the same row                               |
| Documents | objects that lie in the row as documents                                      |
| One       | the row that a column points to                                               |
| OneOf     | the row, of whichever type, that two columns point to                         |
| Listed    | the rows whose ids lie in an array                                            |
| Many      | the rows that point here, in an order                                         |
| Page      | the same, a page of them at a time                                            |
| Gathered  | values for all rows at once, from a statement of their own                    |

With `seen`, whoever sees a row sees what the field leads to: it is not asked again whether it is hidden.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .snapshot import Snapshot

READ = "read"
VIEW = "view"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordering:
    """The order of rows: an expression of `{row}`, then always the id, so that no two rows tie.

    `kind` is what the expression's values are in Python: str, float, date or datetime. Cursors name the order
    by its `name`, so that they stay valid when the expression is written in another way.
    """

    expression: str | None = None
    descending: bool = False
    kind: type[Any] = str
    name: str = "CREATED_AT"


@dataclass(frozen=True, slots=True)
class View:
    """What a type is a view of.

    `table` is a table, or a select in parentheses; None for objects that are handed over, such as
    payloads. `hidden` is a condition on
    `{row}` under which a row is not shown to those who do not see drafts. `expressions` are columns
    that the table has not, written with `{row}`. Rows that are handed over are mappings, or where
    `columns` are named, tuples of these.
    """

    table: str | None = None
    hidden: str | None = None
    expressions: Mapping[str, str] = field(default_factory=dict)
    key: str = "id"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row, by default the one named like the field."""

    name: str


@dataclass(frozen=True, slots=True)
class GlobalId:
    """A column that holds an id, for clients: the prefix tells the type."""

    prefix: str
    column: str


@dataclass(frozen=True, slots=True)
class Derived:
    """A plain function of columns; with `clock`, the instant of the request comes last.

    `sql` is the same as an expression of `{row}` and `{now}`, where the database has it at less cost than
    handing over the columns. The function is the rule; that both agree is a law of the tests.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    clock: bool = False
    sql: str | None = None


@dataclass(frozen=True, slots=True)
class Same:
    """An object of another type, made of columns of the same row; None where `present` is null."""

    present: str | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """Objects in the row, as a function of columns: a list of mappings, or one, or None."""

    function: Callable[..., Any]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class One:
    """The row of another type whose key is in a column here."""

    column: str
    seen: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A row of one of several types: the function of the columns gives its type's name and its id."""

    function: Callable[..., tuple[str, Any] | None]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows whose ids lie in an array column here, in the array's order; hidden ones left out."""

    column: str


@dataclass(frozen=True, slots=True)
class Many:
    """The rows of another type with this row's key in their `by`, an expression of `{row}`.

    `joined` is more of the from clause, where `by` needs it; `{parents}` in it are the keys of the
    rows that the others point to.
    """

    by: str
    order: Ordering = Ordering()
    joined: str = ""
    where: str | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of another type with this row's key in `by`, or all of them, a page at a time."""

    by: str | None = None
    order: Ordering = Ordering()
    where: str | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a statement of its own finds for all rows at once: given their keys, documents by key."""

    load: "Callable[[Snapshot, Sequence[Any]], Awaitable[Mapping[Any, Any]]]"
    otherwise: Any = None


Kind = Column | GlobalId | Derived | Same | Documents | One | OneOf | Listed | Many | Page | Gathered
