"""Field sources: kinds of column, function or relation that a field is read from; views and orders.

A type declares its view, and each of its fields one of the kinds below. Nothing else describes the read side:
the resolvers, the columns of every statement and the number of statements follow from it.

| kind      | value                                                                         |
|-----------|-------------------------------------------------------------------------------|
| Column    | a column of the row                                                           |
| GlobalId  | a column that holds an id, with the prefix of its type                        |
| LivingId  | the row's own global id, without the instant also in a read of the past       |
| Derived   | a plain function of columns and, optionally, of the request's clock           |
| Same      | an object made of other columns of the same row                               |
| Documents | objects that are stored in the row as documents                               |
| One       | the row that a column refers to                                               |
| OneOf     | the row, of one of several types, that two columns refer to                   |
| Listed    | the rows whose ids are in an array                                            |
| Many      | the rows that refer to this one, in an order                                  |
| Page      | the same, one page at a time                                                  |
| Gathered  | values for all rows at once, from a separate statement                        |
| Batched   | one value of columns for each row, computed for all rows at once             |
| Answered  | what the resolver of the root field has put there                             |

With `seen`, related rows are not checked for being hidden: an actor who sees the row may see them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sql_builder import SelectStatement

READ = "read"
VIEW = "view"
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordering:
    """Order of rows: an expression of `{row}`, then always the id, so that no two rows tie.

    `kind` is the Python type of the expression's values: str, float, date or datetime. Cursors contain the
    order's `name`, so that they stay valid when the expression is rewritten.
    """

    expression: str | None = None
    descending: bool = False
    kind: type[Any] = str
    name: str = "CREATED_AT"


@dataclass(frozen=True, slots=True)
class View:
    """What a type is read from, and which of its rows are hidden.

    `table` is a table or a select in parentheses; None for objects that are passed in, such as payloads.
    `hidden` is the condition on `{row}` under which a row is hidden, as `store/hidden_rows.py` has them.
    `expressions` are columns that the table lacks, written with `{row}`. Rows that are passed in are
    mappings, or tuples of `columns` where these are named.
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
    """A column that holds an id, sent to clients with a prefix for the type."""

    prefix: str
    column: str


@dataclass(frozen=True, slots=True)
class LivingId:
    """The key of the row with the prefix of its type: never with the instant of a read of the past."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A plain function of columns; with `clock`, the instant of the request is its last argument.

    `sql` is an equivalent expression of `{row}` and `{now}`, where that costs less than reading the columns.
    The function defines the rule; tests check that both agree.
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
    """Objects in the row, as a function of columns: a list of mappings, one mapping, or None."""

    function: Callable[..., Any]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class One:
    """The row of another type whose key is in a column of this row."""

    column: str
    seen: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A row of one of several types; the function of the columns returns its type's name and its id."""

    function: Callable[..., tuple[str, Any] | None]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows whose ids are in an array column of this row, in its order, without hidden ones."""

    column: str


@dataclass(frozen=True, slots=True)
class Many:
    """The rows of another type whose `by`, an expression of `{row}`, is this row's key.

    `joined` is a join that `by` needs; `{parents}` in it stands for the keys of the rows referred to.
    """

    by: str
    order: Ordering = Ordering()
    joined: str = ""
    where: str | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of another type whose `by` is this row's key, or all of them, one page at a time.

    `joined` is a join that `by` needs, `source` what the rows are selected from instead of their table;
    `{parents}` in them stands for the keys of the rows referred to. `ordering` returns the order for the
    argument `orderBy`, which may be None, and the usual one; `check` raises for an invalid argument
    `filter`; `narrow` adds conditions for arguments that only this field has.
    """

    by: str | None = None
    order: Ordering = Ordering()
    where: str | None = None
    seen: bool = False
    joined: str = ""
    source: str = ""
    ordering: Callable[[Any, Ordering], Ordering] | None = None
    check: Callable[[Any], None] | None = None
    narrow: "Callable[[SelectStatement, Mapping[str, Any]], None] | None" = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """Values by key that one statement finds for the keys of all rows; `otherwise` for those not found.

    `load` takes the field's arguments as well, if it has any, as keyword arguments.
    """

    load: "Callable[..., Awaitable[Mapping[Any, Any]]]"  # of the snapshot and the keys
    otherwise: Any = None
    takes_arguments: bool = False


@dataclass(frozen=True, slots=True)
class Batched:
    """Values of columns of all rows, computed at once: `load` takes a tuple of columns for each row.

    It returns a value for each, in their order.
    """

    load: "Callable[..., Awaitable[list[Any]]]"  # of the snapshot and the tuples
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """A value that the resolver of the root field has put into the object: it is never read from a row."""


Kind = (
    Column
    | GlobalId
    | LivingId
    | Derived
    | Same
    | Documents
    | One
    | OneOf
    | Listed
    | Many
    | Page
    | Gathered
    | Batched
    | Answered
)
