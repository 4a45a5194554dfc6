"""Arguments: what a root field is given, straight from the variables of the request where that can be."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLNonNull,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    coerce_input_literal,
    type_from_ast,
)
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from okr_api.graphql.schema import OkrSchema
from okr_api.reading.selection import Asked

from .converting import ABSENT, Make, NotSimple, Variables, maker, variables_in


@dataclass(frozen=True, slots=True)
class Given:
    """What a root field is given; `simple` is the short way, None where there is only the long one."""

    long: Callable[[Any], dict[str, Any]]
    simple: Callable[[Variables], dict[str, Any]] | None
    variables: frozenset[str]


def given_to(
    schema: OkrSchema, operation: OperationDefinitionNode, asked: Asked, field: StrawberryField
) -> Given:
    """How the arguments of a root field are made."""
    node, registry = asked.nodes[0], schema.schema_converter.scalar_registry
    core = schema._schema  # noqa: SLF001  there is no public way to it

    def long(values: Any) -> dict[str, Any]:
        given = get_argument_values(asked.field, node, values)
        return convert_arguments(given, field.arguments, registry, schema.config)

    declared = {one.variable.name.value: one for one in operation.variable_definitions or ()}
    names = {schema.config.name_converter.from_argument(one): one.python_name for one in field.arguments}
    written = {argument.name.value: argument.value for argument in node.arguments or ()}
    moving: dict[str, tuple[Make, bool]] = {}
    still: dict[str, ValueNode] = {}
    used: set[str] = set()
    for name, value in written.items():
        found = variables_in(value)
        used |= found
        if any(declared[one].default_value is not None for one in found):
            return Given(long, None, frozenset(declared))
        if found:
            argument = asked.field.args[name]
            types = {one: type_from_ast(core, declared[one].type) for one in found}
            optional = not isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
            moving[names[name]] = (maker(value, argument.type, types), optional)
        else:
            still[name] = value
    fixed = convert_arguments(
        {name: coerce_input_literal(value, asked.field.args[name].type) for name, value in still.items()},
        field.arguments,
        registry,
        schema.config,
    )

    def short(variables: Variables) -> dict[str, Any]:
        given = dict(fixed)
        for key, (make, optional) in moving.items():
            value = make(variables)
            if value is not ABSENT:
                given[key] = value
            elif not optional:
                raise NotSimple
        return given

    return Given(long, short, frozenset(used))
