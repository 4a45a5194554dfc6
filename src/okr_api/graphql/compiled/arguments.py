"""Arguments: what a root field is given, straight from the variables of the request.

Where an argument is a variable, or says all in the document, a converter made for its type turns what the
client sent into what the function takes. Whatever is not plainly right goes the long way, through
graphql-core and Strawberry, which also tell what is wrong with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    Visitor,
    coerce_input_literal,
    type_from_ast,
    visit,
)
from graphql.execution.values import get_argument_values
from graphql.language import VariableNode
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from okr_api.graphql.schema import OkrSchema
from okr_api.reading.selection import Asked
from okr_api.store.finding import can_be_kept

Convert = Callable[[Any], Any]
Variables = Mapping[str, Any]


class NotSimple(Exception):
    """A value that goes the long way: it is wrong, or says what it says in a rare form."""


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
    written = {argument.name.value: argument.value for argument in node.arguments or ()}
    names = {schema.config.name_converter.from_argument(one): one.python_name for one in field.arguments}
    moving: dict[str, tuple[str, Convert, bool]] = {}
    still: dict[str, ValueNode] = {}
    for name, value in written.items():
        if isinstance(value, VariableNode):
            definition = declared[value.name.value]
            type_ = type_from_ast(core, definition.type)
            if definition.default_value is not None or type_ is None:
                return Given(long, None, frozenset(declared))
            argument = asked.field.args[name]
            optional = not isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
            moving[names[name]] = (value.name.value, converter(type_), optional)
        elif _has_variables(value):
            return Given(long, None, frozenset(declared))
        else:
            still[name] = value
    fixed = _fixed(schema, asked, field, still)
    return Given(long, _short(moving, fixed), frozenset(name for name, _, _ in moving.values()))


def _fixed(
    schema: OkrSchema, asked: Asked, field: StrawberryField, still: Mapping[str, ValueNode]
) -> dict[str, Any]:
    """What the document says itself, converted once. What is left out has the function's own default."""
    given = {name: coerce_input_literal(value, asked.field.args[name].type) for name, value in still.items()}
    registry = schema.schema_converter.scalar_registry
    return convert_arguments(given, field.arguments, registry, schema.config)


def _short(
    moving: dict[str, tuple[str, Convert, bool]], fixed: dict[str, Any]
) -> Callable[[Variables], dict[str, Any]]:
    def short(variables: Variables) -> dict[str, Any]:
        given = dict(fixed)
        for key, (name, convert, optional) in moving.items():
            if name in variables:
                given[key] = convert(variables[name])
            elif not optional:
                raise NotSimple
        return given

    return short


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, *_: Any) -> None:
        self.found = True


def _has_variables(value: ValueNode) -> bool:
    visitor = _Variables()
    visit(value, visitor)
    return visitor.found


# ── Converters ──────────────────────────────────────────────────────────────────────────────────────────────


def converter(type_: Any) -> Convert:
    """The function that turns what a client sends as a value of the type into what functions take.

    *Refuses*: anything that is not plainly right (`NotSimple`).
    """
    if isinstance(type_, GraphQLNonNull):
        return _required(converter(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _listed(converter(type_.of_type))
    if isinstance(type_, GraphQLInputObjectType):
        return _Object(type_).convert
    if type_ in (GraphQLID, GraphQLString) or getattr(type_, "name", "") in ("ID", "String"):
        return _text
    if type_ is GraphQLFloat or getattr(type_, "name", "") == "Float":
        return _number
    assert isinstance(type_, GraphQLScalarType | GraphQLEnumType)
    return _leaf(type_)


def _required(inner: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            raise NotSimple
        return inner(value)

    return convert


def _listed(inner: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise NotSimple
        return [inner(one) for one in value]

    return convert


def _text(value: Any) -> Any:
    if value is None or (type(value) is str and can_be_kept(value)):
        return value
    raise NotSimple


def _number(value: Any) -> Any:
    if value is None or type(value) is float:  # what JSON has as a number is finite: others stay at the door
        return value
    if type(value) is int and abs(value) < 2**53:
        return float(value)
    raise NotSimple


def _leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        try:
            return type_.coerce_input_value(value)
        except (GraphQLError, TypeError, ValueError):
            raise NotSimple from None

    return convert


class _Object:
    """Converts an input object; its fields are looked up when it is first used, as types name one another."""

    def __init__(self, type_: GraphQLInputObjectType) -> None:
        self.type = type_
        self.fields: dict[str, tuple[str, Convert]] | None = None

    def _prepared(self) -> dict[str, tuple[str, Convert]]:
        self.origin: Any = self.type.extensions["strawberry-definition"].origin
        fields: dict[str, tuple[str, Convert]] = {}
        self.needed: set[str] = set()
        for name, field in self.type.fields.items():
            fields[name] = (
                field.extensions["strawberry-definition"].python_name,
                converter(field.type),
            )
            if isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined:
                self.needed.add(name)
        if self.type.is_one_of:
            self.needed.add("")  # which of them is given is told the long way
        self.fields = fields
        return fields

    def convert(self, value: Any) -> Any:
        """The object, its absent fields as its class has them."""
        if value is None:
            return None
        fields = self.fields or self._prepared()
        if (
            not isinstance(value, dict)
            or not self.needed <= value.keys()
            or not value.keys() <= fields.keys()
        ):
            raise NotSimple
        given = {}
        for name, one in value.items():
            python_name, convert = fields[name]
            given[python_name] = convert(one)
        return self.origin(**given)
