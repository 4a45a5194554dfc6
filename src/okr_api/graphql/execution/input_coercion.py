"""Input coercion without graphql-core: converters by type, makers by value; unusual values are left to it.

A converter is built once per type, a maker once per value in a document. Any value that is not plainly valid
raises `SlowPathRequired`: graphql-core and Strawberry then coerce it and report what is wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    Visitor,
    coerce_input_literal,
    value_from_ast_untyped,
    visit,
)
from graphql.language import VariableNode

from okr_api.store.entity_lookup import is_storable_text

Convert = Callable[[Any], Any]
Variables = Mapping[str, Any]
Make = Callable[[Variables], Any]
ABSENT = object()
MAX_EXACT_INTEGER = 2**53


class SlowPathRequired(Exception):
    """Raised for a value that graphql-core has to coerce: it is invalid, or in a rare form."""


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.found.add(node.name.value)


def variables_in(value: ValueNode) -> set[str]:
    """Return the names of the variables in a value of a document."""
    visitor = _Variables()
    visit(value, visitor)
    return visitor.found


# ── Values with variables in them ───────────────────────────────────────────────────────────────────────────


def maker(value: ValueNode, type_: Any, variables: Mapping[str, Any]) -> Make:
    """Return a function that builds a value of a document from a request's variables.

    `variables` has their types. The function returns ABSENT if the value is a variable that was not sent.
    """
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(value, VariableNode):
        declared = variables[value.name.value]
        if bare is not type_ and not isinstance(declared, GraphQLNonNull):
            return _never  # the argument's default applies if the variable is absent
        return _variable(value.name.value, converter(declared))
    if not variables_in(value):
        return _literal(value, bare)
    if isinstance(value, ObjectValueNode) and isinstance(bare, GraphQLInputObjectType):
        fields = {
            one.name.value: maker(one.value, bare.fields[one.name.value].type, variables)
            for one in value.fields
        }
        return InputObject(bare).made(fields)
    if isinstance(value, ListValueNode) and isinstance(bare, GraphQLList):
        return _list([maker(one, bare.of_type, variables) for one in value.values])
    return _never


def _variable(name: str, convert: Convert) -> Make:
    return lambda variables: convert(variables[name]) if name in variables else ABSENT


def _list(makers: Sequence[Make]) -> Make:
    def make(variables: Variables) -> Any:
        made = [make(variables) for make in makers]
        if ABSENT in made:
            raise SlowPathRequired
        return made

    return make


def _never(variables: Variables) -> Any:
    raise SlowPathRequired


def _literal(value: ValueNode, type_: Any) -> Make:
    """Return a maker for a value without variables, which is coerced once."""
    try:
        if isinstance(type_, GraphQLInputObjectType | GraphQLList):
            fixed = converter(type_)(value_from_ast_untyped(value))
        else:
            fixed = coerce_input_literal(value, type_)
    except SlowPathRequired:
        return _never
    return lambda _: fixed


# ── Converters ──────────────────────────────────────────────────────────────────────────────────────────────


def converter(type_: Any) -> Convert:
    """Return a function that converts a client's value of the type to a function's argument.

    It raises `SlowPathRequired` for any value that is not plainly valid.
    """
    if isinstance(type_, GraphQLNonNull):
        return _required(converter(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _listed(converter(type_.of_type))
    if isinstance(type_, GraphQLInputObjectType):
        return InputObject(type_).convert
    assert isinstance(type_, GraphQLScalarType | GraphQLEnumType)
    return SIMPLE.get(type_.name) or _leaf(type_)


def _required(inner: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            raise SlowPathRequired
        return inner(value)

    return convert


def _listed(inner: Convert) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, list):
            raise SlowPathRequired
        return [inner(one) for one in value]

    return convert


def _text(value: Any) -> Any:
    if value is None or (type(value) is str and is_storable_text(value)):
        return value
    raise SlowPathRequired


def _number(value: Any) -> Any:
    if value is None or (type(value) is float and isfinite(value)):  # some JSON parsers accept NaN
        return value
    if type(value) is int and abs(value) <= MAX_EXACT_INTEGER:
        return float(value)
    raise SlowPathRequired


SIMPLE: dict[str, Convert] = {"ID": _text, "String": _text, "Float": _number}


def _leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Convert:
    def convert(value: Any) -> Any:
        if value is None:
            return None
        try:
            return type_.coerce_input_value(value)
        except (GraphQLError, TypeError, ValueError):
            raise SlowPathRequired from None

    return convert


def is_one(value: Mapping[str, Any]) -> bool:
    """Return whether exactly one field is given, and it is not null, as `@oneOf` demands."""
    return len(value) == 1 and next(iter(value.values())) is not None


class InputObject:
    """Converter of an input object; its fields are resolved on first use, as types refer to each other."""

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
        self.fields = fields
        return fields

    def convert(self, value: Any) -> Any:
        """Return the object; absent fields get the defaults of its class.

        Raises:
            SlowPathRequired: it is no object, a required field is missing, or a field is unknown or invalid.
        """
        if value is None:
            return None
        fields = self.fields or self._prepared()
        if (
            not isinstance(value, dict)
            or not self.needed <= value.keys()
            or not value.keys() <= fields.keys()
            or (self.type.is_one_of and not is_one(value))
        ):
            raise SlowPathRequired
        given = {}
        for name, one in value.items():
            python_name, convert = fields[name]
            given[python_name] = convert(one)
        return self.origin(**given)

    def made(self, makers: Mapping[str, Make]) -> Make:
        """Return a maker of the object from the makers of its fields."""
        names = self.fields or self._prepared()
        if self.type.is_one_of and len(makers) != 1:
            return _never

        def make(variables: Variables) -> Any:
            given: dict[str, Any] = {}
            for name, make in makers.items():
                value = make(variables)
                if value is not ABSENT:
                    given[names[name][0]] = value
                elif name in self.needed:
                    raise SlowPathRequired
            if self.type.is_one_of and not is_one(given):
                raise SlowPathRequired
            return self.origin(**given)

        return make
