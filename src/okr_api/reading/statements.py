"""Statements: what is written for a view, always within its organisation and what the asker may see."""

from collections.abc import Iterable, Sequence
from typing import Any

from .declarations import Ordering, View
from .snapshot import Snapshot

ROW = "row"
POSITION_OF_FEED = '(select seq from feed_head where organization_id = $1) as "feed_position"'


def _quoted(name: str) -> str:
    return f'"{name}"'


class Statement:
    """A select on one view, within the organisation and what the asker may see."""

    def __init__(self, snapshot: Snapshot, view: View) -> None:
        assert view.table is not None
        self.view = view
        self.parameters: list[Any] = []
        self.conditions = [f"{ROW}.organization_id = $1"]
        if view.hidden and not snapshot.sees_drafts:
            self.conditions.append(f"not ({view.hidden.format(row=ROW)})")
        self.columns: list[str] = []
        self.joined = ""
        self.order: list[str] = []
        self.limit: int | None = None
        self.each_of: str | None = None
        self.dated = False

    def parameter(self, value: Any) -> str:
        """The placeholder of a value: nothing that a client sends is ever part of the text."""
        self.parameters.append(value)
        return f"${len(self.parameters) + 1}"  # $1 is the organisation, which the snapshot hands over

    def where(self, condition: str | None) -> "Statement":
        """Adds a condition, written with `{row}`."""
        if condition:
            self.conditions.append(condition.format(row=ROW) if "{row}" in condition else condition)
        return self

    def select(self, columns: Iterable[str]) -> "Statement":
        """Adds columns, or expressions that the view names."""
        for name in columns:
            expression = self.view.expressions.get(name)
            taken = expression.format(row=ROW) if expression else f'{ROW}."{name}"'
            self.columns.append(f'{taken} as "{name}"')
        return self

    def ordered(self, order: Ordering, *, backwards: bool = False) -> "Statement":
        """Orders by the expression, nulls last, then by the key; or all of it the other way round."""
        down = order.descending != backwards
        if order.expression:
            expression = order.expression.format(row=ROW)
            self.order.append(f"({expression}) is null{' desc' if backwards else ''}")
            self.order.append(f"{expression}{' desc' if down else ''}")
            down = backwards
        self.order.append(f'{ROW}."{self.view.key}"{" desc" if down else ""}')
        return self

    def text(self) -> str:
        """The statement. With `each_of`, the limit holds for each value of that expression."""
        table = self.view.table or ""
        source = f"from {table if table.startswith('(') else _quoted(table)} {ROW} {self.joined}"
        conditions = " and ".join(self.conditions)
        columns = self.columns
        if self.dated:
            columns = [*columns, POSITION_OF_FEED]
        order = f" order by {', '.join(self.order)}" if self.order else ""
        if self.each_of is None or self.limit is None:
            limit = f" limit {self.limit}" if self.limit is not None else ""
            return f"select {', '.join(columns)} {source} where {conditions}{order}{limit}"
        place = f"row_number() over (partition by {self.each_of.format(row=ROW)}{order}) as place_in_page"
        inner = f"select {', '.join([place, *columns])} {source} where {conditions}"
        names = [column.rpartition(" as ")[2] for column in columns]
        cut = f"where place_in_page <= {self.limit} order by place_in_page"
        return f"select {', '.join(names)} from ({inner}) paged {cut}"

    async def fetch(self, snapshot: Snapshot) -> Sequence[Any]:
        """The rows."""
        self.dated = snapshot.dated
        return await snapshot.fetch(self.text(), *self.parameters, dated=self.dated)
