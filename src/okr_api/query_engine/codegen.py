"""Code generation for a row set: the function that builds its objects; columns, joins, relations to read."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from graphql import GraphQLNonNull

from okr_api.okr.entities import ENTITIES
from okr_api.store.tables import metadata

from .field_sources import (
    Batched,
    Column,
    Derived,
    Documents,
    Gathered,
    GlobalId,
    Kind,
    Listed,
    LivingId,
    Many,
    One,
    OneOf,
    Same,
    View,
)
from .row_columns import HERE, RowColumns
from .row_sets import (
    GLOBAL_ID_BYTES,
    MARK_BYTES,
    NULL,
    Build,
    Fold,
    Join,
    Relation,
    SizeBounds,
    is_list,
)
from .selection import Nodes, SelectedField, Selection

MAX_JOINS = 6
PREFIXES = {entity.type_name: entity.prefix for entity in ENTITIES}
Mark = Callable[[Any, Any], Any]  # of an id, or a list of them, and the instant that is read


class ObjectWriter(RowColumns):
    """Code generator for one row set's build function, which also collects what has to be read for it."""

    def __init__(
        self,
        selection: Selection,
        view: View,
        *,
        few: bool,
        given: bool,
        for_core: bool,
        mark: Mark | None = None,
    ) -> None:
        super().__init__(view, given=given)
        self.selection = selection
        self.few = few
        self.for_core = for_core
        self.mark = mark
        self.joins: list[Join] = []
        self.relations: list[Relation] = []
        self.sizes = SizeBounds(MARK_BYTES if mark else 0)

    def compile(self, type_name: str, nodes: Nodes) -> tuple[Build, str]:
        """Return the function that builds an object of the type from each row, and its source."""
        display = self.display(type_name, nodes, self.view, HERE)
        source = f"def build(rows, now, found):\n    return [{display} for r in rows]\n"
        names = dict(self.constants)
        exec(compile(source, "<built>", "exec"), names)  # noqa: S102  the text is made of literals and names
        build: Build = names["build"]
        return build, source

    # ── Fields ──

    def display(self, type_name: str, nodes: Nodes, view: View, alias: str) -> str:
        """Return the dict display of what is selected of a type."""
        items = [f"None: {type_name!r}"] if self.for_core else []
        self.sizes.add(2, 3)
        for selected in self.selection.fields(type_name, nodes):
            self.sizes.add_key(selected.key)
            if selected.name == "__typename":
                self.sizes.add(len(type_name) + 2)
                items.append(f"{selected.key!r}: {type_name!r}")
            elif isinstance(selected.source, LivingId):
                prefix = PREFIXES[type_name]
                self.sizes.add(len(prefix) + GLOBAL_ID_BYTES)
                items.append(f'{selected.key!r}: f"{prefix}_{{{self.row(view, alias, view.key)}}}"')
            else:
                value = self._marked(selected, self._value(selected, view, alias))
                items.append(f"{selected.key!r}: {value}")
        return "{" + ", ".join(items) + "}"

    def _optional(self, selected: SelectedField, view: View, alias: str) -> str:
        """Return the dict display of an object that may be null."""
        with self.sizes.optional():
            return self.display(selected.type_name, selected.nodes, view, alias)

    def _marked(self, selected: SelectedField, value: str) -> str:
        """Return the value's expression, marked if it is an id of the past or of a simulation."""
        if self.mark is None or selected.type_name != "ID":
            return value
        return f"{self._constant(self.mark)}({value}, now)"

    def _value(self, selected: SelectedField, view: View, alias: str) -> str:
        """Return the expression of a field's value."""
        kind = selected.source
        match kind:
            case Column(name):
                self._count(selected, view, alias, name)
                value = self.row(view, alias, name)
                return self._needed(selected, value) if self._may_be_null(view, name) else value
            case GlobalId(prefix, column):
                size = len(prefix) + GLOBAL_ID_BYTES
                self.sizes.add(size, size + self.sizes.mark_bytes)
                return f'f"{prefix}_{{{self.row(view, alias, column)}}}"'
            case Derived(sql=str() as sql) if not self.given:
                self._count(selected, view, alias)
                return self._needed(selected, f"r[{self._item(sql.format(row=alias, now='{now}'))}]")
            case Derived(function, needs, clock):
                self._count(selected, view, alias, needs[0])
                return self._call(function, view, alias, needs, clock=clock)
            case Documents(function, needs) if selected.nodes[0].selection_set is None:
                self._count(selected, view, alias, needs[0])
                return self._call(function, view, alias, needs)
            case Same(present):
                if present is None:
                    return self.display(selected.type_name, selected.nodes, view, alias)
                display = self._optional(selected, view, alias)
                return f"({display} if {self.row(view, alias, present)} is not None else None)"
            case One() if not self.given and len(self.joins) < MAX_JOINS:
                return self._joined(selected, kind, view, alias)
            case _:
                return self._related(selected, kind, view, alias)

    def _call(
        self,
        function: Callable[..., Any],
        view: View,
        alias: str,
        needs: Iterable[str],
        *,
        clock: bool = False,
    ) -> str:
        arguments = [self.row(view, alias, need) for need in needs] + (["now"] if clock else [])
        return f"{self._constant(function)}({', '.join(arguments)})"

    def _count(self, selected: SelectedField, view: View, alias: str, column: str | None = None) -> None:
        """Count the value of a field without subfields, which is a column or made of one."""
        place = None
        if column and (is_list(selected) or isinstance(selected.source, Column)):
            place = self.place(view, alias, column)
        self.sizes.add_value(selected, column, place)

    # ── Relations ──

    def _joined(self, selected: SelectedField, one: One, view: View, alias: str) -> str:
        """Return the expression of the row that a column refers to, read in the same statement."""
        target = self.selection.view(selected.type_name)
        points = view.expressions.get(one.column, f'{{row}}."{one.column}"').format(row=alias)
        other = f"{HERE}_{len(self.joins) + 1}"
        self.joins.append(Join(other, target, f'{other}."{target.key}" = {points}', one.seen))
        there = self.row(target, other, target.key)
        display = self._optional(selected, target, other)
        return self._needed(selected, f"({display} if {there} is not None else None)")

    def _related(self, selected: SelectedField, kind: Kind, view: View, alias: str) -> str:
        """Return the expression of a relation's value, looked up in what was found for all rows."""
        if isinstance(kind, Batched):
            self.sizes.add_value(selected, selected.name)
        elif selected.nodes[0].selection_set is None:
            self._count(selected, view, alias)
        else:
            self.sizes.add(0, NULL)
        if isinstance(kind, Many) and not kind.joined and self.few and not self.given:
            return self._folded(selected, kind, view, alias)
        found = f"found[{len(self.relations)}]"
        match kind:
            case One(column):
                self._relate(kind, selected, view, alias, (column,))
                key = self.row(view, alias, column)
                return f"{found}[{key}]" if self._is_needed(selected) else f"{found}.get({key})"
            case OneOf(function, needs):
                self._relate(kind, selected, view, alias, needs)
                return self._needed(selected, f"{found}.get({self._call(function, view, alias, needs)})")
            case Listed(column):
                self._relate(kind, selected, view, alias, (column,))
                return f"[{found}[k] for k in {self.row(view, alias, column)} if k in {found}]"
            case Documents(needs=needs) | Batched(needs=needs):
                self._relate(kind, selected, view, alias, needs)
                return f"next({found})"
            case Gathered(otherwise=otherwise):
                self._relate(kind, selected, view, alias, (view.key,))
                key, constant = self.row(view, alias, view.key), self._constant(otherwise)
                return f"{found}.get({key}, {constant})"
            case _:
                self._relate(kind, selected, view, alias, (view.key,))
                return f"{found}[{self.row(view, alias, view.key)}]"

    def _folded(self, selected: SelectedField, many: Many, view: View, alias: str) -> str:
        """Return the expression of the rows that refer to this one, which are read with it."""
        place = self._item(Fold(many, f'{alias}."{view.key}"', selected))
        found = f"found[{len(self.relations)}]"
        self.relations.append(
            Relation(many, selected, itemgetter(place), self._present(view, alias), folded=True)
        )
        return f"next({found})"

    def _relate(
        self, kind: Kind, selected: SelectedField, view: View, alias: str, needs: Sequence[str]
    ) -> None:
        places = [self.place(view, alias, need) for need in needs]
        self.relations.append(Relation(kind, selected, itemgetter(*places), self._present(view, alias)))

    def _present(self, view: View, alias: str) -> Callable[[Any], Any] | None:
        """Return a getter that is None for a missing joined row; None for own rows, which always exist."""
        return None if alias == HERE else itemgetter(self.place(view, alias, view.key))

    # ── Nulls ──

    def _needed(self, selected: SelectedField, value: str) -> str:
        """Return the value's expression, with a null check if the field is non-null in compiled execution."""
        return f"needed({value})" if self._is_needed(selected) else value

    def _is_needed(self, selected: SelectedField) -> bool:
        return not self.for_core and isinstance(selected.field.type, GraphQLNonNull)

    def _may_be_null(self, view: View, column: str) -> bool:
        table = metadata.tables.get(view.table or "")
        if table is None or column not in table.columns:
            return view.table is not None
        return bool(table.columns[column].nullable)
