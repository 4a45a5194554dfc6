"""Arguments: what a root field is given, straight from the variables of the request where that can be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLNonNull,
    OperationDefinitionNode,
    Undefined,
    coerce_input_literal,
    type_from_ast,
)
from graphql.execution.values import get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from okr_api.graphql.schema import OkrSchema
from okr_api.query_engine.selection import SelectedField

from .input_coercion import (
    ABSENT,
    Make,
    SlowPathRequired,
    Variables,
    maker,
    variables_in,
)


@dataclass(frozen=True, slots=True)
class RootArguments:
    """What a root field is given; `simple` is the short way, None where there is only the long one."""

    long: Callable[[Any], dict[str, Any]]
    simple: Callable[[Variables], dict[str, Any]] | None
    variables: frozenset[str]


NOTHING_GIVEN = RootArguments(lambda _: {}, lambda _: {}, frozenset())


def root_arguments(
    schema: OkrSchema, operation: OperationDefinitionNode, asked: SelectedField, field: StrawberryField
) -> RootArguments:
    """How the arguments of a root field are made."""
    node, registry = asked.nodes[0], schema.schema_converter.scalar_registry
    core = schema._schema  # noqa: SLF001  there is no public way to it

    def long(values: Any) -> dict[str, Any]:
        given = get_argument_values(asked.field, node, values)
        return convert_arguments(given, field.arguments, registry, schema.config)

    names = {schema.config.name_converter.from_argument(one): one.python_name for one in field.arguments}
    written = {argument.name.value: argument.value for argument in node.arguments or ()}
    used = {variable for value in written.values() for variable in variables_in(value)}
    declared = {one.variable.name.value: one for one in operation.variable_definitions or ()}
    if any(declared[variable].default_value is not None for variable in used):
        return RootArguments(long, None, frozenset(declared))
    types = {variable: type_from_ast(core, declared[variable].type) for variable in used}
    still = {name: value for name, value in written.items() if not variables_in(value)}
    arguments = asked.field.args
    fixed = convert_arguments(
        {name: coerce_input_literal(value, arguments[name].type) for name, value in still.items()},
        field.arguments,
        registry,
        schema.config,
    )
    makers = {
        names[name]: (maker(value, arguments[name].type, types), _is_optional(arguments[name]))
        for name, value in written.items()
        if name not in still
    }
    return RootArguments(long, _short(fixed, makers), frozenset(used))


def _is_optional(argument: GraphQLArgument) -> bool:
    """Whether the function can do without it; what has a default here has the same there."""
    return not isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined


def _short(
    fixed: dict[str, Any], makers: Mapping[str, tuple[Make, bool]]
) -> Callable[[Variables], dict[str, Any]]:
    """The function that makes the arguments from the variables; refuses (`SlowPathRequired`) what it cannot."""

    def short(variables: Variables) -> dict[str, Any]:
        given = dict(fixed)
        for key, (make, optional) in makers.items():
            value = make(variables)
            if value is not ABSENT:
                given[key] = value
            elif not optional:
                raise SlowPathRequired
        return given

    return short
