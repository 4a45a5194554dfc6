"""Arguments of a compiled operation's root fields: straight from variables, or else by graphql-core."""

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
    """Two ways to build a root field's arguments: `long` by graphql-core, and `simple` without it.

    `simple` is None where only graphql-core can build them.
    """

    long: Callable[[Any], dict[str, Any]]
    simple: Callable[[Variables], dict[str, Any]] | None
    variables: frozenset[str]


NOTHING_GIVEN = RootArguments(lambda _: {}, lambda _: {}, frozenset())


def root_arguments(
    schema: OkrSchema, operation: OperationDefinitionNode, selected: SelectedField, field: StrawberryField
) -> RootArguments:
    """Return how to build the arguments of a root field."""
    node, registry = selected.nodes[0], schema.schema_converter.scalar_registry
    core = schema._schema  # noqa: SLF001  there is no public way to it

    def long(values: Any) -> dict[str, Any]:
        given = get_argument_values(selected.field, node, values)
        return convert_arguments(given, field.arguments, registry, schema.config)

    names = {schema.config.name_converter.from_argument(one): one.python_name for one in field.arguments}
    written = {argument.name.value: argument.value for argument in node.arguments or ()}
    used = {variable for value in written.values() for variable in variables_in(value)}
    declared = {one.variable.name.value: one for one in operation.variable_definitions or ()}
    if any(declared[variable].default_value is not None for variable in used):
        return RootArguments(long, None, frozenset(declared))
    types = {variable: type_from_ast(core, declared[variable].type) for variable in used}
    still = {name: value for name, value in written.items() if not variables_in(value)}
    arguments = selected.field.args
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
    """Return whether it may be absent: it is nullable and has no default in the schema."""
    return not isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined


def _short(
    fixed: dict[str, Any], makers: Mapping[str, tuple[Make, bool]]
) -> Callable[[Variables], dict[str, Any]]:
    """Return a function that builds the arguments from the variables.

    It raises `SlowPathRequired` for an absent variable in a required argument, and for invalid values.
    """

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
