"""A conversation in `graphql-transport-ws`: who asks, what they ask for, and what they are told."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from math import ceil
from typing import Any

import orjson
from starlette.types import Receive
from strawberry.types.execution import PreExecutionError

from okr_api.edge.door import RATE_LIMITED, SPENT, token_of
from okr_api.edge.messages import ACKNOWLEDGED, KINDS, PONG, Misspoken, understood, written
from okr_api.edge.texts import NotTaken, Texts
from okr_api.edge.wire import Wire
from okr_api.graphql.compiled import Compiled
from okr_api.graphql.context import Context
from okr_api.graphql.following import Followings, Group
from okr_api.graphql.problems import NotAuthenticated
from okr_api.graphql.schema import OkrSchema
from okr_api.graphql.subscriptions import WRITTEN, refusal
from okr_api.live.answering import UnderWay
from okr_api.okr.errors import TooMany

MOST_OPERATIONS_ON_A_SOCKET = 100


@dataclass(frozen=True, slots=True)
class Executors:
    """Who answers what is asked for: a plan, once or as long as it is followed, or else graphql-core."""

    compiled: Compiled
    followings: Followings
    schema: OkrSchema
    texts: Texts


class Operation:
    """Something asked for under an id, until it is complete."""

    def __init__(self, conversation: "Conversation", id: str) -> None:
        self.conversation = conversation
        self.id = id
        self.token = conversation.context.token or ""
        self.position = 0
        self.group: Group | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_over = False
        self._say = conversation.wire.say
        self._next = b'{"id":' + json.dumps(id).encode() + b',"type":"next","payload":'

    def tell(self, payload: bytes) -> None:
        """Sends an event."""
        self._say(self._next + payload + b"}")

    async def ready(self) -> None:
        """Waits until what was sent before has left."""
        await self.conversation.wire.ready()

    def end(self, payload: bytes | None = None) -> None:
        """Sends the last event, if there is one, and that it was the last."""
        if not self.is_over:
            if payload is not None:
                self.tell(payload)
            self.stop()
            self._say(written({"id": self.id, "type": "complete"}))

    def refuse(self, errors: list[Any]) -> None:
        """Says why nothing was done."""
        if not self.is_over:
            self.stop()
            self._say(written({"id": self.id, "type": "error", "payload": errors}))

    def forbid(self) -> None:
        """Their token is no longer known: that ends the whole conversation."""
        self.conversation.forbid()

    def stop(self) -> None:
        """Ends without a word."""
        self.is_over = True
        self.conversation.operations.pop(self.id, None)
        if self.group is not None:
            self.group.leave(self)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    async def run(self, text: str, variables: dict[str, Any] | None, name: str | None) -> None:
        """Does what was asked: joins those who follow the same, or executes it."""
        known = self.conversation.context
        context = Context(known.house, known.token, known.known_actor)
        executors = self.conversation.executors
        try:
            with UnderWay():
                data = await executors.compiled.answer(context, text, variables, name)
                if data is not None:
                    said = {"data": data, "extensions": context.told_cost()}
                    self.end(orjson.dumps(said, option=WRITTEN))
                    return
                self.group = await executors.followings.follow(self, context, text, variables or {}, name)
                if self.group is None:
                    await self._execute(context, text, variables, name)
        except NotAuthenticated:
            self.forbid()
        except Exception as fault:  # noqa: BLE001  whatever it is, it is masked
            self.end(refusal(fault))

    async def _execute(
        self, context: Context, text: str, variables: dict[str, Any] | None, name: str | None
    ) -> None:
        """Lets graphql-core answer, once or as often as it comes to."""
        results = await self.conversation.executors.schema.stream(
            text, variable_values=variables, context_value=context, operation_name=name
        )
        async with aclosing(results):  # type: ignore[type-var]
            async for result in results:
                await self.ready()
                errors = [error.formatted for error in result.errors or ()]
                if isinstance(result, PreExecutionError):
                    self.refuse(errors)
                    return
                if any(error["extensions"]["code"] == NotAuthenticated.code() for error in errors):
                    self.forbid()
                    return
                said = {"data": result.data, "errors": errors, "extensions": result.extensions}
                self.tell(written({key: one for key, one in said.items() if one or key == "data"}))
        self.end()


class Conversation:
    """One socket's."""

    def __init__(self, wire: Wire, context: Context, executors: Executors) -> None:
        self.wire = wire
        self.context = context
        self.executors = executors
        self.operations: dict[str, Operation] = {}
        self.is_introduced = False

    async def run(self, receive: Receive, within_s: float) -> None:
        """Hears and answers until the socket is closed."""
        late = asyncio.get_running_loop().call_later(within_s, self._late)
        try:
            while not self.wire.is_over:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._hear(understood(message))
        except Misspoken as fault:
            self.wire.end(fault.code, str(fault))
        finally:
            late.cancel()
            tasks = [operation.task for operation in self.operations.values() if operation.task is not None]
            for operation in list(self.operations.values()):
                operation.stop()
            await asyncio.gather(*tasks, return_exceptions=True)

    def forbid(self) -> None:
        """Says to all who ask here that their token is no longer known, and closes."""
        last = refusal(NotAuthenticated("The token has expired or was revoked"))
        for operation in list(self.operations.values()):
            operation.end(last)
        self.wire.end(4403, "Forbidden")

    def _late(self) -> None:
        if not self.is_introduced:
            self.wire.end(4408, "Connection initialisation timeout")

    async def _hear(self, said: Mapping[str, Any]) -> None:
        match said:
            case {"type": "connection_init"}:
                await self._let_in(said.get("payload"))
            case {"type": "ping"}:
                self.wire.say(PONG)
            case {"type": "pong"}:
                pass
            case {"type": "complete", "id": str(id)}:
                if id in self.operations:
                    self.operations[id].stop()
            case {"type": "subscribe", "id": str(id), "payload": dict(payload)}:
                await self._begin(id, payload)
            case {"type": str(kind)} if kind not in KINDS:
                raise Misspoken(f"Unknown message type: {kind!a:.80}")
            case _:
                raise Misspoken("Failed to parse message")

    async def _let_in(self, payload: Any) -> None:
        """Lets a socket in by the token in its payload; others are closed with 4403."""
        if not isinstance(payload, dict | None):
            raise Misspoken("Invalid connection init payload")
        if self.is_introduced:
            raise Misspoken("Too many initialisation requests", 4429)
        self.is_introduced = True
        token = token_of(payload)
        actor = await self.context.house.tokens.actor(token) if token else None
        if actor is None:
            raise Misspoken("Forbidden", 4403)
        self.context.token, self.context.known_actor = token, actor
        self.wire.say(ACKNOWLEDGED)

    async def _begin(self, id: str, payload: Mapping[str, Any]) -> None:
        """Begins an operation."""
        if self.context.token is None:
            raise Misspoken("Unauthorized", 4401)
        if id in self.operations:
            raise Misspoken(f"Subscriber for {id!a:.80} already exists", 4409)
        variables, name = payload.get("variables"), payload.get("operationName")
        operation = Operation(self, id)
        try:
            text = self.executors.texts.meant(payload)
            if len(self.operations) >= MOST_OPERATIONS_ON_A_SOCKET:
                message = f"A socket holds at most {MOST_OPERATIONS_ON_A_SOCKET} operations at a time"
                raise NotTaken(TooMany.code(), message)
            wait_s = self.context.house.allowances.wait_s(self.context.actor.token_id)
            if wait_s:
                raise NotTaken(RATE_LIMITED, SPENT, retryAfter=ceil(wait_s))
        except NotTaken as refusal:
            operation.refuse([refusal.formatted])
            return
        if text is None or not isinstance(variables, dict | None) or not isinstance(name, str | None):
            raise Misspoken("Failed to parse message")
        self.operations[id] = operation
        if await self.context.house.tokens.actor(self.context.token) is None:
            self.forbid()
        if not operation.is_over:
            operation.task = asyncio.create_task(operation.run(text, variables, name))
