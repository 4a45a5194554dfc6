"""Introspection in compiled operations: resolve `__schema` and `__type` in batches, with pauses."""

import asyncio
from types import SimpleNamespace
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
)

from okr_api.graphql.query_cost import TooComplex
from okr_api.query_engine.planner import Planner
from okr_api.query_engine.selection import SelectedField

from .operation_cache import OperationPlan

MAX_INTROSPECTED_OBJECTS = 20_000
INTROSPECTION_BATCH_SIZE = 1_000  # values
TYPENAME = "__typename"


async def introspected_roots(shape: OperationPlan, values: Any) -> dict[str, Any]:
    """Return the values of the introspection root fields, or their errors, by response key."""
    introspector = Introspector(shape.planner, values)
    found: dict[str, Any] = {}
    for root in shape.roots:
        if root.function is None:
            try:
                found[root.selected.key] = await introspector.answer(shape.root_type, root.selected)
            except GraphQLError as fault:
                found[root.selected.key] = fault
    return found


class Introspector:
    """Resolver of introspection fields by graphql-core's own resolvers."""

    def __init__(self, planner: Planner, values: Any) -> None:
        self.planner = planner
        self.values = values
        self.info = SimpleNamespace(schema=planner.selection.schema)
        self.objects = 0
        self._since_turn = 0
        self._waiting: list[tuple[str, SelectedField, Any, dict[str, Any]]] = []

    async def answer(self, root_type: str, selected: SelectedField) -> Any:
        """Return the value of a root field.

        Raises:
            TooComplex: the operation's introspection exceeds `MAX_INTROSPECTED_OBJECTS`.
        """
        self._waiting.clear()
        value = self._value(root_type, selected, None)
        while self._waiting:
            type_name, of, source, made = self._waiting.pop()
            for field in self.planner.selection.fields(type_name, of.nodes):
                made[field.key] = self._value(type_name, field, source)
            if self._since_turn >= INTROSPECTION_BATCH_SIZE:
                self._since_turn = 0
                await asyncio.sleep(0)
        return value

    def _value(self, type_name: str, selected: SelectedField, source: Any) -> Any:
        self._since_turn += 1
        if selected.name == TYPENAME:
            return type_name
        resolve: Any = selected.field.resolve
        arguments = self.values.of(selected) if selected.field.args else {}
        return self._completed(selected.field.type, selected, resolve(source, self.info, **arguments))

    def _completed(self, type_: Any, selected: SelectedField, value: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if value is None:
            return None
        if isinstance(type_, GraphQLList):
            return [self._completed(type_.of_type, selected, one) for one in value]
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return type_.coerce_output_value(value)
        self.objects += 1
        if self.objects > MAX_INTROSPECTED_OBJECTS:
            raise TooComplex(
                f"The operation asks for more than {MAX_INTROSPECTED_OBJECTS} objects about the schema"
            )
        made: dict[str, Any] = {}
        self._waiting.append((get_named_type(type_).name, selected, value, made))
        return made
