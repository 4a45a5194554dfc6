"""SQL builder: selects of row sets, by organisation and visibility; run them by key, column or parameter."""

from collections.abc import Callable, Sequence
from typing import Any

from okr_api.store.feed_head import SEQ_OF_HEAD
from okr_api.store.hidden_rows import Conditions

from .field_sources import Ordering, View
from .row_sets import Fold, RowSet, Text
from .snapshot import AsOfValue, AutocommitSnapshot, Snapshot

ROW = "row"
PARENT = "parent_in_stream"
OWN = "{row}.organization_id = $1"
IDS = "string_to_array({}, ',')::uuid[]"  # ids are sent as one text: arrays are encoded element by element
POSITION_OF_FEED = f'{SEQ_OF_HEAD} as "feed_position"'
VIEWER, NOW, GIVEN = "viewer", "now", "given"  # parameters of statements that are cached


def visible(view: View, row: str, conditions: Conditions | None) -> list[str]:
    """Return the conditions on every row: that it is of the organisation, and not hidden by `conditions`.

    `hidden` is a value tested with `is not true`, so that PostgreSQL evaluates it row by row, last: it turns
    `not exists` into a join, and may join all visible rows before it looks for a few.
    """
    own = OWN.format(row=row)
    if view.hidden is None or conditions is None or conditions.hide_nothing:
        return [own]
    return [own, f"({conditions.fill(view.hidden, row=row)}) is not true"]


def ordered(view: View, row: str, order: Ordering, *, backwards: bool = False) -> list[str]:
    """Return the terms of an order: the expression, nulls last, then the key; or all of it reversed."""
    terms: list[str] = []
    down = order.descending != backwards
    if order.expression:
        expression = order.expression.format(row=row)
        terms.append(f"({expression}) is null{' desc' if backwards else ''}")
        terms.append(f"{expression}{' desc' if down else ''}")
        down = backwards
    return [*terms, f'{row}."{view.key}"{" desc" if down else ""}']


class SelectStatement:
    """A select of the rows of a row set, or of a view alone, while it is being built."""

    def __init__(self, snapshot: Snapshot, of: RowSet | View, *, seen: bool = False) -> None:
        self.snapshot = snapshot
        self.row_set = of if isinstance(of, RowSet) else None
        self.view = of.view if isinstance(of, RowSet) else of
        assert self.view.table is not None
        self.parameters: list[Any] = []
        self.names: list[str] = []
        self._shared: dict[str, str] = {}
        self.hiding = Conditions(snapshot.visibility, lambda: self.viewer)
        self.conditions = visible(self.view, ROW, None if seen else self.hiding)
        self.columns = self._items(self.row_set, ROW) if self.row_set else []
        self.joined = self._joins(self.row_set, ROW) if self.row_set else ""
        self.source = self.view.table
        self.order: list[str] = []
        self.limit: int | None = None
        self.each_of: str | None = None

    # ── Parameters ──

    def parameter(self, value: Any, name: str = GIVEN) -> str:
        """Return the placeholder of a value; client input never becomes part of the SQL text."""
        self.parameters.append(value)
        self.names.append(name)
        return f"${len(self.parameters) + 1}"  # $1 is the organisation, which the snapshot passes

    def _once(self, name: str, kind: str, value: Any) -> str:
        if name not in self._shared:
            self._shared[name] = f"{self.parameter(value, name)}::{kind}"
        return self._shared[name]

    @property
    def now(self) -> str:
        """Return the placeholder of the request's instant."""
        return self._once(NOW, "timestamptz", self.snapshot.now)

    @property
    def viewer(self) -> str:
        """Return the placeholder of the person who reads, or of null."""
        return self._once(VIEWER, "uuid", self.snapshot.visibility.person_id)

    # ── Clauses ──

    def _items(self, row_set: RowSet, row: str) -> list[str]:
        return [
            self._folded(item, row_set.folded[place], row, place)
            if isinstance(item, Fold)
            else self._filled(item, row)
            for place, item in enumerate(row_set.items)
        ]

    def _filled(self, template: str, row: str) -> str:
        return template.format(row=row, now=self.now if "{now}" in template else "")

    def _joins(self, row_set: RowSet, row: str) -> str:
        joins: list[str] = []
        for join in row_set.joins:
            alias = join.alias.format(row=row)
            on = [*visible(join.view, alias, None if join.seen else self.hiding), join.on.format(row=row)]
            joins.append(f"left join {join.view.table} {alias} on {' and '.join(on)}")
        return " ".join(joins)

    def _folded(self, fold: Fold, of: RowSet, row: str, place: int) -> str:
        """Return the expression of the rows that refer to a row: an array of records in their order."""
        child, view = f"{row}_of_{place}", of.view
        parent = fold.parent.format(row=row)
        edges = fold.many.joined.format(row=child, parents=f"array[{parent}]")
        source = f"{view.table} {child} {edges} {self._joins(of, child)}"
        conditions = visible(view, child, None if fold.many.seen else self.hiding)
        conditions.append(f"{fold.many.by.format(row=child)} = {parent}")
        if fold.many.where:
            conditions.append(fold.many.where.format(row=child))
        items = ", ".join(self._items(of, child))
        order = ", ".join(ordered(view, child, fold.many.order))
        return f"array(select row({items}) from {source} where {' and '.join(conditions)} order by {order})"

    def where(self, condition: str | None) -> "SelectStatement":
        """Add a condition, written with `{row}`."""
        if condition:
            self.conditions.append(
                self.hiding.fill(condition, row=ROW) if "{row}" in condition else condition
            )
        return self

    def join(self, template: str, parents: str) -> None:
        """Add a join, written with `{row}` and with `{parents}`, an array of keys."""
        self.joined += self.hiding.fill(template, row=ROW, parents=parents)

    def ordered(self, order: Ordering, *, backwards: bool = False) -> "SelectStatement":
        """Order by the expression, nulls last, then by the key; or all of it reversed."""
        self.order += ordered(self.view, ROW, order, backwards=backwards)
        return self

    # ── SQL text ──

    def text(self, *, dated: bool = False) -> str:
        """Return the SQL text; with `each_of`, the limit applies to each value of that expression."""
        source = f"from {self.source} {ROW} {self.joined}"
        conditions = " and ".join(self.conditions)
        columns = [*self.columns, POSITION_OF_FEED] if dated else self.columns
        order = f" order by {', '.join(self.order)}" if self.order else ""
        if self.each_of is None or self.limit is None:
            limit = f" limit {self.limit}" if self.limit is not None else ""
            return f"select {', '.join(columns)} {source} where {conditions}{order}{limit}"
        place = f"row_number() over (partition by {self.each_of.format(row=ROW)}{order}) as place_in_page"
        named = [
            one if one.endswith('"') and " as " in one else f'{one} as "c{i}"'
            for i, one in enumerate(columns)
        ]
        inner = f"select {', '.join([place, *named])} {source} where {conditions}"
        names = [column.rpartition(" as ")[2] for column in named]
        cut = f"where place_in_page <= {self.limit} order by place_in_page"
        return f"select {', '.join(names)} from ({inner}) paged {cut}"


async def fetch_by_parameter(
    snapshot: Snapshot,
    row_set: RowSet,
    use: str,
    write: Callable[[SelectStatement, str], None],
    given: Any,
    *,
    dated: bool,
    seen: bool = False,
) -> Sequence[Any]:
    """Return the rows of a statement with one parameter, which `write` writes once for each `use`.

    The text is the same for all who see as much; the instant and the viewer are parameters.
    """
    key = (use, snapshot.visibility.sees, dated)
    text = row_set.texts.get(key)
    if text is None:
        statement = SelectStatement(snapshot, row_set, seen=seen)
        write(statement, statement.parameter(given))
        text = row_set.texts[key] = Text(statement.text(dated=dated), tuple(statement.names))
    values = {GIVEN: given, NOW: snapshot.now, VIEWER: snapshot.visibility.person_id}
    return await snapshot.fetch(text.sql, *[values[name] for name in text.parameters], dated=dated)


async def fetch_by_column(snapshot: Snapshot, row_set: RowSet, column: str, value: Any) -> Sequence[Any]:
    """Return the rows that have the value in a column."""

    def write(statement: SelectStatement, value: str) -> None:
        statement.where(f'{ROW}."{column}" = {value}')

    return await fetch_by_parameter(snapshot, row_set, f"with {column}", write, value, dated=False)


async def fetch_by_keys(
    snapshot: Snapshot, row_set: RowSet, keys: Sequence[str], *, dated: bool
) -> Sequence[Any]:
    """Return the rows with those keys; batch one key if it is an autocommit snapshot's first read."""
    if len(keys) > 1:
        return await fetch_by_parameter(snapshot, row_set, "by key", _with_keys, ",".join(keys), dated=dated)
    [key] = keys
    if (
        isinstance(snapshot, AutocommitSnapshot)
        and snapshot.row_batcher is not None
        and snapshot.is_untouched
    ):
        kind = (snapshot.organization_id, snapshot.visibility, id(row_set))
        read = await snapshot.row_batcher.row(kind, key, lambda keys: _fetch_batch(snapshot, row_set, keys))
        assert read is not None
        row = snapshot.take(read)
        return [] if row is None else [row]
    # PostgreSQL caches the plan for a single key, but replans each time for an array.
    return await fetch_by_parameter(snapshot, row_set, "by one key", _with_key, key, dated=dated)


async def _fetch_batch(
    asking: AutocommitSnapshot, row_set: RowSet, keys: Sequence[str]
) -> dict[str, AsOfValue]:
    """Read the rows with those keys (None if missing) for a batch, in an autocommit snapshot of its own."""
    async with asking.another() as glance:
        rows = await fetch_by_keys(glance, row_set, keys, dated=True)
    found = {row[0]: row for row in rows}
    return {key: (glance.now, found.get(key), glance.seq) for key in keys}


def _with_key(statement: SelectStatement, key: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = {key}')


def _with_keys(statement: SelectStatement, keys: str) -> None:
    statement.where(f'{ROW}."{statement.view.key}" = any({IDS.format(keys)})')
