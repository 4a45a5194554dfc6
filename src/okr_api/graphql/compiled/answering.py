"""Answering: a query or a mutation by its plan.

What is loaded for a selection already is the answer, under its response keys; so an operation that meets
no error needs nobody to complete it. What the planner does not know, and whatever would have to tell of an
error, is handed on whole to graphql-core, which works from the same declarations; what a mutation has done
by then is not done again. The fallbacks are counted by their reason.
"""

import logging
from collections import Counter
from functools import cached_property
from typing import Any

from graphql import GraphQLError
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values

from okr_api.graphql.context import Context, Entrance, glanced
from okr_api.graphql.deadline import OutOfTime
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.schema import OkrSchema
from okr_api.okr.errors import Refused
from okr_api.reading.building import GivesUp
from okr_api.reading.loading import Loader
from okr_api.reading.reader import Reader
from okr_api.reading.selection import Asked
from okr_api.reading.snapshot import Snapshot

from .converting import NotSimple
from .documents import ANSWERED_ONCE, FOLLOWED, Documents, NotCompiled, Operation, Shape

log = logging.getLogger(__name__)


class Values:
    """The variables of a request: as they were sent, and as graphql-core takes them where that is needed."""

    def __init__(self, documents: Documents, operation: Operation, sent: dict[str, Any]) -> None:
        self.documents = documents
        self.operation = operation
        self.sent = sent

    @cached_property
    def coerced(self) -> VariableValues:
        """All of them, checked.

        *Refuses*: what is wrong with one of them (`NotCompiled`): graphql-core tells it.
        """
        definitions = self.operation.definition.variable_definitions or ()
        values = get_variable_values(self.documents.core, definitions, self.sent, max_errors=1)
        if isinstance(values, list):
            raise NotCompiled("variables of the wrong kind")
        return values

    def of(self, asked: Asked) -> dict[str, Any]:
        """The arguments of a field beneath the roots."""
        return get_argument_values(asked.field, asked.nodes[0], self.coerced)


class Compiled:
    """Answers queries and mutations by plans, which it keeps for the documents met last; off, none."""

    def __init__(self, schema: OkrSchema, *, on: bool = True) -> None:
        self.documents = Documents(schema, ANSWERED_ONCE if on else ())
        self.fallbacks: Counter[str] = Counter()
        self.answered = 0

    async def answer(
        self, context: Context, text: str, variables: dict[str, Any] | None, name: str | None
    ) -> dict[str, Any] | None:
        """The data of an operation, or None where graphql-core has to answer."""
        try:
            operation = self.documents.operation(text, name, context.charge_more)
            context.charge_more(price_of_inputs(variables or {}))
            values = Values(self.documents, operation, variables or {})
            async with context.course.in_time():
                data = await self._data(context, operation, values)
        except NotCompiled as reason:
            if str(reason) != FOLLOWED:
                self._fall_back(str(reason))
            return None
        except OutOfTime:  # whoever completes the answer does nothing but tell it
            self._fall_back("out of time")
            return None
        except (GivesUp, Refused, GraphQLError) as fault:
            self._fall_back(f"an error: {type(fault).__name__}")
            return None
        except Exception as fault:  # noqa: BLE001  graphql-core meets it again, and masks it
            self._fall_back(f"a fault: {type(fault).__name__}")
            return None
        self.answered += 1
        return data

    def _fall_back(self, reason: str) -> None:
        """Counts it; the first of a reason is logged for everybody, the others for the curious."""
        self.fallbacks[reason] += 1
        level = logging.INFO if self.fallbacks[reason] == 1 else logging.DEBUG
        log.log(level, "answered by graphql-core: %s", reason)

    async def _data(self, context: Context, operation: Operation, values: Values) -> dict[str, Any]:
        context.charge(operation.weight.cost(values.sent))
        given = values.coerced.coerced if operation.shaping else values.sent
        shape = self.documents.shape(operation, given, lambda: values.coerced)
        arguments = _arguments(shape, values)
        if operation.writes:
            return await self._done(context, shape, values, arguments)

        async def read(snapshot: Snapshot) -> dict[str, Any]:
            data: dict[str, Any] = {}
            loader = Loader(snapshot, shape.planner, values.of)
            for root, given in zip(shape.roots, arguments, strict=True):
                reader = Reader(loader, root.asked.nodes)
                entrance = Entrance(context, root.asked, root.type_name, shape.planner, values.of, reader)
                data[root.asked.key] = await root.function(None, info=entrance, **given)
            return data

        return await glanced(context, read)

    async def _done(
        self, context: Context, shape: Shape, values: Values, arguments: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """What a mutation answers: its fields one after the other, each read after its commit."""
        data: dict[str, Any] = {}
        for root, given in zip(shape.roots, arguments, strict=True):
            entrance = Entrance(context, root.asked, root.type_name, shape.planner, values.of)
            data[root.asked.key] = await root.function(None, info=entrance, **given)
        return data


def _arguments(shape: Shape, values: Values) -> list[dict[str, Any]]:
    """What each root field is given."""
    if shape.simple and all(values.sent.get(name) is not None for name in values.operation.required):
        try:
            return [root.given.simple(values.sent) for root in shape.roots if root.given.simple]
        except NotSimple:
            pass
    checked = values.coerced  # whichever fields are left to use them
    return [root.given.long(checked) for root in shape.roots]
