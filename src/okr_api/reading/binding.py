"""Binding: the resolvers of declared fields, put in place once the schema is built."""

from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    is_introspection_type,
)

from .declarations import READ, VIEW

ENTRANCES = frozenset({"Query", "Mutation", "Subscription"})


class UndeclaredField(Exception):
    """A field of an output type does not say where it comes from."""


def _loaded(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """What has been loaded under the response key of this field."""
    return source[info.path.key]


def _typename(source: Any, *_: Any) -> str:
    """The type that a loaded object is of."""
    name: str = source[None]
    return name


def bind(schema: GraphQLSchema) -> None:
    """Lets every declared field answer with what was loaded for it.

    *Refuses*: an output type without a view, or a field without a kind (`UndeclaredField`).
    """
    for name, kind in schema.type_map.items():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = _typename
        if not isinstance(kind, GraphQLObjectType) or is_introspection_type(kind):
            continue
        kind.is_type_of = None
        if name in ENTRANCES:
            continue
        definition = kind.extensions["strawberry-definition"]
        connection = name.endswith(("Connection", "Edge"))
        if getattr(definition.origin, VIEW, None) is None and not connection:
            raise UndeclaredField(f"{name} does not say what it is a view of")
        for field_name, field in kind.fields.items():
            if not connection and not _is_declared(field):
                raise UndeclaredField(f"{name}.{field_name} does not say where it comes from")
            field.resolve = _loaded


def _is_declared(field: GraphQLField) -> bool:
    definition = field.extensions.get("strawberry-definition")
    return definition is not None and READ in (definition.metadata or {})
