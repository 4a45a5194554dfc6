"""Bind resolvers that return what was loaded, long lists with pauses; check that every field has a source."""

import asyncio
from collections.abc import AsyncIterator
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

from okr_api.query_engine.field_sources import READ, VIEW

MAX_UNSLICED_ITEMS = 10  # of a list that graphql-core completes without a pause
VALUE_BATCH_SIZE = 500  # that graphql-core completes between two pauses
ENTRANCES = frozenset({"Query", "Mutation", "Subscription"})


class UndeclaredField(Exception):
    """Raised for an output type without a view, or a field without a field source."""


class _Turn:
    """Number of values that graphql-core has completed since the last pause."""

    completed = 0


def _loaded(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """Return what was loaded under this field's response key; long lists are completed with pauses."""
    _Turn.completed += 1
    found = source[info.path.key]
    return _in_turns(found) if type(found) is list and len(found) > MAX_UNSLICED_ITEMS else found


async def _in_turns(values: list[Any]) -> AsyncIterator[Any]:
    """Yield the values of a list; pause whenever `VALUE_BATCH_SIZE` values have been completed."""
    for value in values:
        if _Turn.completed >= VALUE_BATCH_SIZE:
            _Turn.completed = 0
            await asyncio.sleep(0)
        yield value


def _typename(source: Any, *_: Any) -> str:
    """Return the type name of a loaded object."""
    name: str = source[None]
    return name


def bind(schema: GraphQLSchema) -> None:
    """Set the resolver of every declared field to return what was loaded for it.

    Raises:
        UndeclaredField: an output type has no view, or a field no field source.
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
