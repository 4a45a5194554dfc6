"""Check error paths: each leads to a field of the input, or to an argument, of the rejected field.

The path of an error of variables begins with the variable instead.

The tests' client runs `check_paths` on every response, by introspection of the schema.
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
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    type_from_ast,
    visit,
)

from okr_api.graphql.schema import schema


@lru_cache(maxsize=2_000)
def fields_of(query: str) -> tuple[tuple[str, GraphQLField], ...]:
    """Return the fields of a document by response key, with definitions; empty if it does not parse."""
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


def variables_of(query: str) -> dict[str, Any]:
    """Return the types of a document's variables."""
    return {
        one.variable.name.value: type_from_ast(schema._schema, one.type)
        for operation in parse(query).definitions
        if isinstance(operation, OperationDefinitionNode)
        for one in operation.variable_definitions or ()
    }


def path_exists(path: Sequence[str], kind: Any, *, one_for_list: bool = False) -> bool:
    """Return whether a path of field names and list positions exists in the input type.

    With `one_for_list`, a single item may stand for a list, without a position.
    """
    if not path:
        return True
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if isinstance(kind, GraphQLList):
        if not path[0].isdigit():
            return one_for_list and path_exists(path, kind.of_type, one_for_list=True)
        return path_exists(path[1:], kind.of_type, one_for_list=one_for_list)
    if not isinstance(kind, GraphQLInputObjectType) or path[0] not in kind.fields:
        return False
    field: GraphQLInputField = kind.fields[path[0]]
    return path_exists(path[1:], field.type, one_for_list=one_for_list)


ALTERNATIVE_FIELDS = (
    ("Id", "ExternalId"),
    ("id", "externalId"),
    ("effectiveAt", "effectiveOn"),
    ("startsOn", "endsOn"),
)


def is_given_by_another_field(path: Sequence[str], given: Any) -> bool:
    """Return whether the input gives the value by another field than the path, as by external id."""
    if not path or given is None:
        return False
    if len(path) > 1:
        inner = given[int(path[0])] if isinstance(given, list) else given.get(path[0])
        return is_given_by_another_field(path[1:], inner)
    if isinstance(given, list) or given.get(path[0]) is not None:
        return False
    ways = [way for one, other in ALTERNATIVE_FIELDS for way in ((one, other), (other, one))]
    others = [path[0].removesuffix(one) + other for one, other in ways if path[0].endswith(one)]
    return any(given.get(other) is not None for other in others)


def _payload_errors(payload: Any, kind: Any, given: Any) -> Iterator[tuple[Sequence[str], Any, Any]]:
    """Yield the path of each of a payload's errors, with the input type and the input that it starts from."""
    if not isinstance(payload, dict):
        return
    for error in payload.get("errors") or ():
        yield error.get("path") or (), kind, given
    for result in payload.get("results") or ():
        item = kind.of_type.fields["items"].type.of_type.of_type
        for error in result.get("errors") or ():
            yield error.get("path") or (), item, given["items"][result["index"]] if given else None


def has_errors(body: dict[str, Any]) -> bool:
    """Return whether a response has errors, at its top or in a payload."""
    payloads = [value for value in (body.get("data") or {}).values() if isinstance(value, dict)]
    results = [one for payload in payloads for one in payload.get("results") or ()]
    return any(one.get("errors") for one in (body, *payloads, *results))


def check_paths(query: Any, body: Any, variables: Any = None) -> None:
    """Assert that each error path of a response exists in the arguments of the rejected field."""
    if not isinstance(query, str) or not isinstance(body, dict) or not has_errors(body):
        return
    fields = fields_of(query)
    for key, value in (body.get("data") or {}).items():
        for name, field in fields:
            if name == key and "input" in field.args:
                given = (variables or {}).get("input")
                for path, kind, input in _payload_errors(value, field.args["input"].type, given):
                    assert path_exists(path, kind), f"{name} takes nothing at {path}"
                    assert not is_given_by_another_field(path, input), f"{name} was not given {path}: {input}"
    for error in body.get("errors") or ():
        error_path = (error.get("extensions") or {}).get("path")
        if error_path and error["extensions"]["code"] == "BAD_USER_INPUT":
            name, *inner = error_path
            types = variables_of(query)
            assert name in types, f"{query} has no variable {name}"
            assert path_exists(inner, types[name], one_for_list=True), f"No field at {error_path}"
        elif error_path:
            at = [step for step in error.get("path") or () if isinstance(step, str)]
            # Nested fields with arguments are read with their root field; their errors are there.
            nested = {
                "first",
                "after",
                "last",
                "before",
                "filter",
                "cycleId",
                "teamId",
                "from",
                "to",
                "since",
            } & {error_path[0]}
            argument_maps = [field.args for name, field in fields if not at or name == at[-1] or nested]
            assert any(
                error_path[0] in args and path_exists(error_path[1:], args[error_path[0]].type)
                for args in argument_maps
            ), f"No field of {query} takes {error_path}"
