"""Input object constructors, prepared once; Strawberry's own look up names and types for each object."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLNamedType, get_named_type, is_leaf_type
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition


def prepare_constructors(types: Mapping[str, GraphQLNamedType]) -> None:
    """Set the constructor that Strawberry calls with coerced values on each input type of a schema."""
    for kind in types.values():
        definition = kind.extensions.get("strawberry-definition")
        if isinstance(kind, GraphQLInputObjectType) and isinstance(definition, StrawberryObjectDefinition):
            definition.from_input = _constructor(kind, definition)


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
