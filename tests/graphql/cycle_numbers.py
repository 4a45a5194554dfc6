"""The query for everything that the service answers about a cycle, its objectives and its key results, by introspection.

Fields are found in the schema, so that a number that is added to it is asked for as well. Left out are nodes
other than these, which have numbers of their own, pages, and what is no number of the cycle (`NO_NUMBERS`).
"""

from collections.abc import Mapping

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from okr_api.graphql.schema import schema

MAX_DEPTH = 4
# Advice and lessons follow from present words and settings, and paths lead into the cycles around it.
NO_NUMBERS = frozenset({"coaching", "relatedLessons", "paths", "viewerCan", "actor", "author"})
WITHIN: Mapping[str, Mapping[str, str]] = {
    "Cycle": {"objectives(first: 50, orderBy: { field: TITLE, direction: ASC })": "nodes Objective"},
    "Objective": {"keyResults": "KeyResult"},
    "KeyResult": {"experiments(first: 10)": "nodes Experiment"},
    "Experiment": {},
}


def _kind(name: str) -> GraphQLObjectType:
    kind = schema._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _fields(kind: GraphQLObjectType, depth: int) -> list[str]:
    """Return the fields that need no argument and are no node, with those of objects."""
    found: list[str] = []
    for name, field in kind.fields.items():
        if name in NO_NUMBERS or any(map(is_required_argument, field.args.values())):
            continue
        found += _field(name, field, depth)
    return found


def _field(name: str, field: GraphQLField, depth: int) -> list[str]:
    of = get_named_type(field.type)
    if is_leaf_type(of):
        return [name]
    inner: list[str] = []
    if isinstance(of, GraphQLObjectType) and depth < MAX_DEPTH:
        is_value = "id" not in of.fields and not of.name.endswith("Connection")
        inner = _fields(of, depth + 1) if is_value else []
    return [f"{name} {{ {' '.join(inner)} }}"] if inner else []


def selection_of(name: str) -> str:
    """Return the selection of everything about a type."""
    parts = _fields(_kind(name), 0)
    for field, inner in WITHIN[name].items():
        *nodes, kind = inner.split()
        selection = selection_of(kind)
        parts.append(f"{field} {{ {f'nodes {{ {selection} }}' if nodes else selection} }}")
    return " ".join(parts)


def numbers_query() -> str:
    """Return the query for a cycle by its external id."""
    return f"query ($cycle: String!) {{ cycle(externalId: $cycle) {{ {selection_of('Cycle')} }} }}"
