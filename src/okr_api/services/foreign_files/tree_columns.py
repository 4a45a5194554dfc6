"""Tree columns: the place of a record in the tree, from an outline such as 1.2.1 or from levels."""

from .cell_parsers import as_text
from .mapping_file import Tree
from .record_reader import JOINED
from .source_table import Record, column_key

ID, PARENT, TITLE = "@id", "@parent", "@title"


class TreeColumns:
    """Adds `@id`, `@parent` and `@title` to the records of a table, in their order."""

    def __init__(self, tree: Tree | None) -> None:
        self.outline = column_key(tree.outline) if tree and tree.outline else None
        self.levels = [column_key(level) for level in tree.levels] if tree else []
        self.path: list[str] = []

    @property
    def columns(self) -> frozenset[str]:
        """Return the keys of the columns that it reads."""
        return frozenset([*self.levels, *([self.outline] if self.outline else [])])

    def add(self, record: Record) -> None:
        """Add the columns to a record that has a place in the tree."""
        if self.outline and self.outline in record.cells:
            number = as_text(record.cells[self.outline]).strip().rstrip(".")
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
        self.path = [*kept, *(as_text(each) for each in own if each is not None)]
        record.cells[ID] = JOINED.join(self.path)
        record.cells[TITLE] = self.path[-1]
        if len(self.path) > 1:
            record.cells[PARENT] = JOINED.join(self.path[:-1])
