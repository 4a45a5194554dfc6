"""Session of one `graphql-transport-ws` connection: authentication, operations and their results."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.types import Receive

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.auth.token_rejection import NotAuthenticated, TokenRejected
from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.subscription_executor import rejection
from okr_api.okr.errors import Busy
from okr_api.transport.auth_middleware import token_from_connection_params
from okr_api.transport.graphql_ws_messages import (
    ACKNOWLEDGED,
    KINDS,
    MESSAGE,
    PONG,
    ProtocolError,
    Unreadable,
    parse_message,
    serialize_message,
)
from okr_api.transport.http_responses import mask_error
from okr_api.transport.json_requests import BadRequest, check_parameters
from okr_api.transport.persisted_documents import DocumentRejected
from okr_api.transport.streamed_operation import Executors, StreamedOperation
from okr_api.transport.websocket_protocol import TOO_SLOW, BufferedWebSocket

MAX_OPERATIONS_PER_SOCKET = 100
MAX_OPERATION_ID_CHARACTERS = 200
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013


class SocketOperation(StreamedOperation):
    """Operation of a socket under its id, until it is complete."""

    def __init__(self, session: "GraphQLWebSocketSession", id: str) -> None:
        known = session.context
        super().__init__(session.executors, Context(known.app_services, known.token, known.known_actor))
        self.session = session
        self.client = session.wire
        self.id = id
        self._say = session.wire.say
        self._next = b'{"id":' + json.dumps(id).encode() + b',"type":"next","payload":'

    def tell(self, payload: bytes) -> None:
        """Send a result as a `next` message."""
        if not self.is_over:
            self._say(self._next + payload + b"}")

    async def run(self, text: str, variables: dict[str, Any] | None, name: str | None) -> None:
        """Execute the operation; it stays in flight until its result has been read."""
        self.context.operation_state.is_held = True
        try:
            await super().run(text, variables, name)
        finally:
            self.context.operation_state.release()

    def drop(self) -> None:
        """Close the connection of a client that does not read."""
        self.session.wire.drop()

    async def ready(self) -> None:
        """Wait until most of the send buffer has drained."""
        await self.session.wire.ready()

    async def settle(self) -> None:
        """Wait until most of a result has been read; until then it counts, even if the operation ends."""
        if not self.session.wire.writable.is_set():
            self.context.operation_state.release()
            await asyncio.shield(self.session.count_unread())

    def complete(self) -> None:
        """Send `complete` and stop."""
        if not self.is_over:
            self.stop()
            self._say(serialize_message({"id": self.id, "type": "complete"}))

    def refuse(self, errors: list[Any]) -> None:
        """Send `error` and stop."""
        if not self.is_over:
            self.stop()
            self._say(serialize_message({"id": self.id, "type": "error", "payload": errors}))

    def forbid(self) -> None:
        """End the whole session because its token is no longer valid."""
        self.session.forbid()

    def stop(self) -> None:
        """Stop without sending a message."""
        if self.session.operations.get(self.id) is self:
            del self.session.operations[self.id]
        super().stop()


class GraphQLWebSocketSession:
    """State of one `graphql-transport-ws` connection."""

    def __init__(self, wire: BufferedWebSocket, context: Context, executors: Executors) -> None:
        self.wire = wire
        self.context = context
        self.executors = executors
        self.operations: dict[str, SocketOperation] = {}
        self.is_initialized = False
        self.counted_for: UUID | None = None
        self.counting: set[asyncio.Task[None]] = set()

    async def run(self, receive: Receive, within_s: float) -> None:
        """Process incoming messages until the socket is closed."""
        late = asyncio.get_running_loop().call_later(within_s, self._late)
        try:
            while not self.wire.is_over:
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                try:
                    await self._receive_all(parse_message(message))
                except Unreadable as unreadable:
                    self._begun(unreadable.id).refuse([unreadable.fault.formatted])
        except ProtocolError as fault:
            self.wire.end(fault.code, str(fault))
        except Exception as fault:  # noqa: BLE001  any exception is masked
            self.wire.end(INTERNAL_ERROR, mask_error(fault))
        finally:
            late.cancel()
            tasks = [operation.task for operation in self.operations.values() if operation.task is not None]
            for operation in list(self.operations.values()):
                operation.stop()
            if self.counted_for is not None:
                self.executors.limiters.sockets.release(self.counted_for)
            await asyncio.gather(*tasks, return_exceptions=True)

    def count_unread(self) -> "asyncio.Task[None]":
        """Count the unread bytes against the token until they have been read or the client is dropped."""

        async def count() -> None:
            with self.context.app_services.admission.unread(self.context.actor, self.wire.unsent_bytes):
                await self.wire.read()

        task = asyncio.create_task(count())
        self.counting.add(task)
        task.add_done_callback(self.counting.discard)
        return task

    def forbid(self) -> None:
        """Reject all operations because the token is no longer valid, and close the socket."""
        last = rejection(NotAuthenticated.any_more())
        for operation in list(self.operations.values()):
            operation.refuse(last)
        self.wire.end(4403, "Forbidden")

    def _late(self) -> None:
        if not self.is_initialized:
            self.wire.end(4408, "Connection initialisation timeout")

    async def _receive_all(self, said: Mapping[str, Any]) -> None:
        if not self.is_initialized and said.get("type") in KINDS - {"connection_init"}:
            raise ProtocolError("Unauthorized", 4401)
        match said:
            case {"type": "connection_init"}:
                await self._initialize(said.get("payload"))
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
                raise ProtocolError(f"Unknown message type: {kind!a:.80}")
            case _:
                raise ProtocolError("Failed to parse message")

    async def _initialize(self, payload: Any) -> None:
        """Authenticate the socket by the token in its payload; others are closed with 4403."""
        if not isinstance(payload, dict | None):
            raise ProtocolError("Invalid connection init payload")
        if self.is_initialized:
            raise ProtocolError("Too many initialisation requests", 4429)
        self.is_initialized = True
        token = token_from_connection_params(payload)
        try:
            actor = await self.context.app_services.tokens.actor(token) if token else None
        except Busy:
            raise ProtocolError("Busy; try again", TRY_AGAIN_LATER) from None
        except TokenRejected as refusal:
            raise ProtocolError(f"Forbidden: {refusal.message!a:.100}", 4403) from None
        if actor is None:
            raise ProtocolError("Forbidden", 4403)
        limiter = self.executors.limiters.sockets
        if not limiter.acquire(actor.token_id):
            raise ProtocolError(f"A token has at most {limiter.most} sockets", TOO_SLOW)
        self.counted_for = actor.token_id
        self.context.token, self.context.known_actor = token, actor
        self.wire.say(ACKNOWLEDGED)

    async def _begin(self, id: str, payload: Mapping[str, Any]) -> None:
        """Start an operation, or reject it with an `error` message."""
        operation = self._begun(id)
        try:
            check_parameters(payload, MESSAGE)
        except BadRequest as fault:
            raise ProtocolError(fault.message) from None
        try:
            text = self.executors.document_store.resolve(payload) or ""
            if len(self.operations) >= MAX_OPERATIONS_PER_SOCKET:
                message = f"A socket holds at most {MAX_OPERATIONS_PER_SOCKET} operations at a time"
                raise DocumentRejected(ErrorCode.TOO_MANY, message)
            operation.admit(text, payload.get("variables"))
            self.context.app_services.rate_limiter.check(self.context.actor.token_id)
        except (DocumentRejected, AdmissionRejected) as fault:
            operation.refuse(rejection(fault))
            return
        self.operations[id] = operation
        try:
            # The actor may have been renamed since the socket was opened.
            operation.context.known_actor = await self.context.reauthenticate()
        except Busy as fault:
            operation.refuse(rejection(fault))
            return
        except (NotAuthenticated, TokenRejected):
            self.forbid()
        if not operation.is_over:
            request = (text, payload.get("variables"), payload.get("operationName"))
            operation.task = asyncio.create_task(operation.run(*request))

    def _begun(self, id: str) -> SocketOperation:
        """Return a new operation.

        Raises:
            ProtocolError: the socket is not authenticated, or the id is in use or too long.
        """
        if self.context.token is None:
            raise ProtocolError("Unauthorized", 4401)
        if len(id) > MAX_OPERATION_ID_CHARACTERS:
            raise ProtocolError(
                f"The id of an operation has at most {MAX_OPERATION_ID_CHARACTERS} characters"
            )
        if id in self.operations:
            raise ProtocolError(f"Subscriber for {id!a:.80} already exists", 4409)
        return SocketOperation(self, id)
