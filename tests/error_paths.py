"""Paths of refusals: each leads to something that the input or the arguments of the refused field have.

`check_paths` is run on every answer that a test's client gets, by introspection of the schema.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    visit,
)

from okr_api.graphql.schema import schema


@lru_cache(maxsize=2_000)
def fields_of(query: str) -> tuple[tuple[str, GraphQLField], ...]:
    """Return every field of a document by its response key, with its definition; none where it is no document."""
    try:
        document = parse(query)
    except GraphQLError:
        return ()
    found: list[tuple[str, GraphQLField]] = []
    types = TypeInfo(schema._schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            definition = types.get_field_def()
            if definition is not None:
                found.append(((node.alias or node.name).value, definition))

    visit(document, TypeInfoVisitor(types, Fields()))
    return tuple(found)


def leads_somewhere(path: Sequence[str], kind: Any) -> bool:
    """Whether a path of field names and list positions leads to something of the input type."""
    if not path:
        return True
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        return path[0].isdigit() and leads_somewhere(path[1:], kind.of_type)
    if not isinstance(kind, GraphQLInputObjectType) or path[0] not in kind.fields:
        return False
    field: GraphQLInputField = kind.fields[path[0]]
    return leads_somewhere(path[1:], field.type)


OTHER_WAYS = (
    ("Id", "ExternalId"),
    ("id", "externalId"),
    ("effectiveAt", "effectiveOn"),
    ("startsOn", "endsOn"),
)


def says_it_otherwise(path: Sequence[str], given: Any) -> bool:
    """Whether an input gives the thing in another way than the path says: by external id and not by id."""
    if not path or given is None:
        return False
    if len(path) > 1:
        inner = given[int(path[0])] if isinstance(given, list) else given.get(path[0])
        return says_it_otherwise(path[1:], inner)
    if isinstance(given, list) or given.get(path[0]) is not None:
        return False
    ways = [way for one, other in OTHER_WAYS for way in ((one, other), (other, one))]
    others = [path[0].removesuffix(one) + other for one, other in ways if path[0].endswith(one)]
    return any(given.get(other) is not None for other in others)


def _refused(payload: Any, kind: Any, given: Any) -> Iterator[tuple[Sequence[str], Any, Any]]:
    """The paths of a payload's errors, each with the type of the input that it begins in, and the input."""
    if not isinstance(payload, dict):
        return
    for error in payload.get("errors") or ():
        yield error.get("path") or (), kind, given
    for result in payload.get("results") or ():
        item = kind.of_type.fields["items"].type.of_type.of_type
        for error in result.get("errors") or ():
            yield error.get("path") or (), item, given["items"][result["index"]] if given else None


def check_paths(query: Any, body: Any, variables: Any = None) -> None:
    """Assert that each path in an answer leads to what the refused field takes."""
    if not isinstance(query, str) or not isinstance(body, dict):
        return
    fields = fields_of(query)
    for key, value in (body.get("data") or {}).items():
        for name, field in fields:
            if name == key and "input" in field.args:
                given = (variables or {}).get("input")
                for path, kind, input in _refused(value, field.args["input"].type, given):
                    assert leads_somewhere(path, kind), f"{name} takes nothing at {path}"
                    assert not says_it_otherwise(path, input), f"{name} was not given {path}: {input}"
    for error in body.get("errors") or ():
        told = (error.get("extensions") or {}).get("path")
        if told:
            at = [step for step in error.get("path") or () if isinstance(step, str)]
            # A nested page is read with its root field, which is where its refusal is told.
            nested = {"first", "after", "last", "before"} & {told[0]}
            asked = [field.args for name, field in fields if not at or name == at[-1] or nested]
            assert any(told[0] in args and leads_somewhere(told[1:], args[told[0]].type) for args in asked), (
                f"No field of {query} takes {told}"
            )
