"""Tables of an export: a GraphQL query of a page each, and its leaves as columns such as `owner.email`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import FieldNode, GraphQLList, GraphQLNonNull, OperationDefinitionNode, get_named_type, parse

from okr_api.graphql.schema import schema
from okr_api.services.table_export.table_columns import Column, ColumnType

JOINED = "; "
MAX_EXPORT_PAGE_ROWS = 100  # of one query, as the API allows

MEASURED = """
    progress progressReason confidence expectedProgress status reportedStatus score finalScore importedScore
    createdAt updatedAt
"""
SELECTIONS: Mapping[str, str] = {
    "cycles": "id externalId name startsOn endsOn state parent { id }",
    "teams": "id externalId name parent { id }",
    "people": "id externalId name email active role",
    "objectives": f"""
        id externalId title description kind state visibility progressSource cycle {{ id name }}
        team {{ id name }} owner {{ id name email }} contributors {{ id }} priorities {{ id }}
        parents {{ parent {{ id }} kind weight }} {MEASURED}
    """,
    "keyResults": f"""
        id externalId title description state role objective {{ id title }} owner {{ id name email }}
        measure unit startValue targetValue lowerBound upperBound commitValue stretchValue currentValue weight
        dueOn labels metric {{ id }} {MEASURED}
    """,
    "checkIns": """
        id externalId objective { id } keyResult { id } value milestonesDone confidence status note
        effectiveAt recordedAt author { name person { id } } supersedes { id } retractionReason isCurrent
    """,
    "initiatives": """
        id externalId objective { id } keyResult { id } title description state owner { id name email } dueOn
        link createdAt updatedAt
    """,
    "lessons": """
        id externalId objective { id } keyResult { id } title text tags owner { id name email } carryForward
        createdAt updatedAt
    """,
}


TYPES = {
    "Float": ColumnType.NUMBER,
    "Int": ColumnType.INTEGER,
    "Boolean": ColumnType.BOOLEAN,
    "Date": ColumnType.DAY,
    "DateTime": ColumnType.INSTANT,
}


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """Table of an export: `document` queries a page of it."""

    name: str
    document: str
    columns: tuple[Column, ...]

    def row(self, node: Mapping[str, Any]) -> list[Any]:
        """Return the values of a node by column; those of a list are joined by `JOINED`."""
        return [_value(node, column.path) for column in self.columns]


@cache
def exported_tables() -> dict[str, ExportedTable]:
    """Return the tables by name, in the order in which a file has them."""
    return {name: _table(name, selection) for name, selection in SELECTIONS.items()}


def _table(name: str, selection: str) -> ExportedTable:
    document = (
        f"query Export($first: Int!, $after: String) {{ {name}(first: $first, after: $after) {{"
        f" nodes {{ {' '.join(selection.split())} }} pageInfo {{ hasNextPage endCursor }} }} }}"
    )
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    connection = operation.selection_set.selections[0]
    assert isinstance(connection, FieldNode)
    core = schema._schema  # noqa: SLF001  no public access
    assert core.query_type is not None
    nodes, of = _selected(connection, core.query_type.fields[name].type)[0]
    return ExportedTable(name, document, tuple(_columns(nodes, of, "", is_list=False)))


def _selected(node: FieldNode, type: Any) -> list[tuple[FieldNode, Any]]:
    """Return the fields that are selected in a field, each with its type."""
    assert node.selection_set is not None
    fields = [each for each in node.selection_set.selections if isinstance(each, FieldNode)]
    return [(each, get_named_type(type).fields[each.name.value].type) for each in fields]


def _columns(node: FieldNode, type: Any, within: str, *, is_list: bool) -> Iterator[Column]:
    """Yield the leaves below a field."""
    for each, of in _selected(node, type):
        name = f"{within}{each.name.value}"
        bare = of.of_type if isinstance(of, GraphQLNonNull) else of
        listed = is_list or isinstance(bare, GraphQLList)
        if each.selection_set is not None:
            yield from _columns(each, of, f"{name}.", is_list=listed)
        else:
            found = TYPES.get(get_named_type(of).name, ColumnType.TEXT)
            yield Column(name, ColumnType.TEXT if listed else found)


def _value(value: Any, path: list[str]) -> Any:
    for place, name in enumerate(path):
        if isinstance(value, list):
            found = [_value(each, path[place:]) for each in value]
            return JOINED.join("" if each is None else str(each) for each in found) if found else None
        if value is None:
            return None
        value = value[name]
    if isinstance(value, list):
        return JOINED.join(map(str, value)) if value else None
    return value
