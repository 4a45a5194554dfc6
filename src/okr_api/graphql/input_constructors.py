"""Prepare a schema's input types: set fast constructors of input objects, remove defaults of null."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    Undefined,
    get_named_type,
    is_leaf_type,
)
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition


def omit_null_defaults(types: Mapping[str, GraphQLNamedType]) -> None:
    """Remove `= null` from input fields and arguments: Python's defaults apply where a value is left out."""
    for kind in types.values():
        places: list[Any] = []
        if isinstance(kind, GraphQLInputObjectType):
            places += kind.fields.values()
        elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            places += [argument for field in kind.fields.values() for argument in field.args.values()]
        for place in places:
            if place.default_value is None:
                place.default_value = Undefined


def prepare_constructors(types: Mapping[str, GraphQLNamedType]) -> None:
    """Set the constructor that Strawberry calls with coerced values on each input type of a schema.

    Strawberry's own look up names and types again for each object.
    """
    for kind in types.values():
        definition = kind.extensions.get("strawberry-definition")
        if isinstance(kind, GraphQLInputObjectType) and isinstance(definition, StrawberryObjectDefinition):
            definition.from_input = _constructor(kind, definition)
            kind.is_one_of = definition.is_one_of  # Strawberry leaves it unset and checks by itself


def _constructor(kind: GraphQLInputObjectType, definition: StrawberryObjectDefinition) -> Callable[..., Any]:
    fields: dict[str, tuple[str, Any]] = {}
    absent = {
        one.python_name: None
        for one in definition.fields
        if one.default_value is MISSING and one.default_factory is MISSING
    }

    def construct(cls: type, value: Mapping[str, Any], context: Any) -> Any:
        if not fields:  # resolved on first use, because input types may refer to each other
            fields.update(_fields(kind, definition))
        given: dict[str, Any] = {**absent}
        for name, one in value.items():
            python_name, type_ = fields[name]
            if type_ is not None and one is not None:
                one = convert_argument(
                    one,
                    type_,
                    context.scalar_registry,
                    context.config,
                    context.info,
                    path=(*context.path, name),
                )
            given[python_name] = one
        return cls(**given)

    return construct


def _fields(
    kind: GraphQLInputObjectType, definition: StrawberryObjectDefinition
) -> dict[str, tuple[str, Any]]:
    """Return the Python name and the type of each field; the type is None if values need no conversion."""
    found: dict[str, tuple[str, Any]] = {}
    for name, field in kind.fields.items():
        own = field.extensions["strawberry-definition"]
        is_plain = is_leaf_type(get_named_type(field.type)) and "[" not in str(field.type)
        found[name] = (own.python_name, None if is_plain else own.resolve_type(type_definition=definition))
    return found
