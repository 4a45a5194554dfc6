"""Columns of a row set while its code is generated: what is read, in which place, and named constants."""

from typing import Any

from .field_sources import View
from .row_sets import Fold, require

HERE = "{row}"  # alias of the row set's own row in templates


class RowColumns:
    """What one row set's build function refers to: columns by their place, and values by a name."""

    def __init__(self, view: View, *, given: bool) -> None:
        self.view = view
        self.given = given
        self.items: list[str | Fold] = [] if given else [f'{HERE}."{view.key}"']
        self.names: set[str] = set()
        self.constants: dict[str, Any] = {"needed": require}  # that the function refers to, by name

    def _constant(self, value: Any) -> str:
        """Return the name by which the function refers to a value."""
        for name, known in self.constants.items():
            if known is value:
                return name
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def place(self, view: View, alias: str, column: str) -> int | str:
        """Return where a column is in a row: its index, or its name in a row that is passed in."""
        if self.given:
            self.names.add(column)
            return view.columns.index(column) if view.columns else column
        expression = view.expressions.get(column)
        return self._item(
            f'{alias}."{column}"' if expression is None else expression.format(row=alias, now="{now}")
        )

    def _item(self, item: str | Fold) -> int:
        if item not in self.items:
            self.items.append(item)
        return self.items.index(item)

    def row(self, view: View, alias: str, column: str) -> str:
        """Return the expression of a column of the row `r`."""
        return f"r[{self.place(view, alias, column)!r}]"
