"""Tree columns: the place of a record in the tree, from an outline such as 1.2.1 or from levels."""

from .mapping_file import Tree
from .record_reader import JOINED
from .source_table import CellError, Record, Value, as_text, column_key, joined

ID, PARENT, TITLE = "@id", "@parent", "@title"


class TreeColumns:
    """Adds `@id`, `@parent` and `@title` to the records of a table, in their order.

    Where a cell that they come from has an error value, they have it too.
    """

    def __init__(self, tree: Tree | None) -> None:
        self.outline = column_key(tree.outline) if tree and tree.outline else None
        self.levels = [column_key(level) for level in tree.levels] if tree else []
        self.path: list[Value] = []

    @property
    def columns(self) -> frozenset[str]:
        """Return the keys of the columns that it reads."""
        return frozenset([*self.levels, *([self.outline] if self.outline else [])])

    def add(self, record: Record) -> None:
        """Add the columns to a record that has a place in the tree."""
        if self.outline and self.outline in record.cells:
            written = record.cells[self.outline]
            if isinstance(written, CellError):
                record.cells[ID] = record.cells[PARENT] = written
                return
            number = as_text(written).strip().rstrip(".")
            record.cells[ID] = number
            parent, dot, _ = number.rpartition(".")
            if dot:
                record.cells[PARENT] = parent
        if self.levels:
            self._add_levels(record)

    def _add_levels(self, record: Record) -> None:
        """Add the path of titles: those of a record's own cells, completed by the records above."""
        filled = [depth for depth, level in enumerate(self.levels) if level in record.cells]
        if not filled:
            return
        deepest = filled[-1]
        kept = self.path[: filled[0]]
        own = [record.cells.get(level) for level in self.levels[len(kept) : deepest + 1]]
        self.path = [*kept, *(each for each in own if each is not None)]
        record.cells[ID] = joined(self.path, JOINED)
        record.cells[TITLE] = joined(self.path[-1:], JOINED)
        if len(self.path) > 1:
            record.cells[PARENT] = joined(self.path[:-1], JOINED)
