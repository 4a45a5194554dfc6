"""Base class of operations on WebSockets and event streams: limits per token, execution; `Executors`."""

import asyncio
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from strawberry.types.execution import PreExecutionError

from okr_api.auth.token_rejection import NotAuthenticated
from okr_api.graphql.context import Context
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.execution.json_writer import dump_answer
from okr_api.graphql.schema import OkrSchema, has_not_begun
from okr_api.graphql.subscription_executor import rejection
from okr_api.graphql.subscription_groups import SubscriptionGroup, SubscriptionGroups
from okr_api.pubsub.current_request import PendingRequest, current_request_id
from okr_api.pubsub.single_flight_cache import size_of
from okr_api.query_engine.answer_size import MAX_ANSWER_BYTES
from okr_api.transport.connection_limits import TokenLimiters
from okr_api.transport.graphql_ws_messages import serialize_message
from okr_api.transport.persisted_documents import DocumentRejected, DocumentStore
from okr_api.transport.unread_limits import UnreadBytes

MAX_VARIABLES_WEIGHED_BYTES = 2 * 1024 * 1024
DOCUMENT_BYTES = 100  # of memory for a parsed document, per character of its text


@dataclass(frozen=True, slots=True)
class Executors:
    """Executors of operations: compiled plans, compiled subscriptions, or graphql-core."""

    compiled: CompiledExecutor
    subscription_groups: SubscriptionGroups
    schema: OkrSchema
    document_store: DocumentStore
    limiters: TokenLimiters = field(default_factory=TokenLimiters)


class StreamedOperation(ABC):
    """Operation whose results are sent one by one, until it is complete or rejected.

    `position` is the `seq` of the event that was sent last, or is being sent; `client` is the connection that
    buffers unread bytes.
    """

    client: UnreadBytes

    def __init__(self, executors: Executors, context: Context) -> None:
        self.executors = executors
        self.context = context
        self.token = context.token or ""
        self.position = 0
        self.group: SubscriptionGroup | None = None
        self.task: asyncio.Task[None] | None = None
        self.is_over = False
        self.is_counted = False
        self.document = b""
        self.document_bytes = self.own_bytes = 0

    @abstractmethod
    def tell(self, payload: bytes) -> None:
        """Send a result without waiting."""

    @abstractmethod
    def drop(self) -> None:
        """Drop a client that does not read."""

    def push(self, payload: bytes) -> None:
        """Send an event without waiting; drop the client if those of its token leave too much unread."""
        unread_before = self.client.unsent_bytes
        self.tell(payload)
        limiter = self.executors.limiters.unread
        if not limiter.is_within(self.context.actor.token_id, self.client, unread_before):
            self.drop()

    @abstractmethod
    async def ready(self) -> None:
        """Wait until the send buffer has drained."""

    @abstractmethod
    async def settle(self) -> None:
        """Wait until the last result has been read, before the operation completes."""

    @abstractmethod
    def complete(self) -> None:
        """Signal that there are no more results."""

    @abstractmethod
    def refuse(self, errors: list[Any]) -> None:
        """End with errors: nothing was executed, or execution cannot go on."""

    def forbid(self) -> None:
        """End because the token is no longer valid."""
        self.refuse(rejection(NotAuthenticated.any_more()))

    def stop(self) -> None:
        """Stop without sending a message."""
        self.is_over = True
        if self.is_counted:
            self._discount()
        if self.group is not None:
            self.group.leave(self)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def admit(self, text: str, variables: Any) -> None:
        """Count the operation, its document and its bytes until it is over.

        A document that the token has open several times counts once as parsed.

        Raises:
            DocumentRejected: its token has reached a limit of sockets and event streams.
        """
        limiters, token_id = self.executors.limiters, self.context.actor.token_id
        self.document = sha256(text.encode(errors="surrogatepass")).digest()
        self.document_bytes = len(text) * DOCUMENT_BYTES
        self.own_bytes = len(text) + size_of(variables, MAX_VARIABLES_WEIGHED_BYTES)
        asked = self.own_bytes
        if not limiters.documents.is_open(token_id, self.document):
            asked += self.document_bytes
        if not limiters.operations.acquire(token_id):
            raise _too_many(f"{limiters.operations.most} operations at a time")
        if not limiters.documents.acquire(token_id, self.document):
            limiters.operations.release(token_id)
            raise _too_many(f"{limiters.documents.most} different documents at a time", ": use variables")
        if not limiters.bytes.acquire(token_id, asked):
            limiters.operations.release(token_id)
            limiters.documents.release(token_id, self.document)
            what = f"{limiters.bytes.most} bytes of operations, documents as parsed included, at a time"
            raise _too_many(what)
        self.is_counted = True

    def _discount(self) -> None:
        self.is_counted = False
        limiters, token_id = self.executors.limiters, self.context.actor.token_id
        limiters.operations.release(token_id)
        limiters.unread.forget(token_id, self.client)
        limiters.documents.release(token_id, self.document)
        is_last = not limiters.documents.is_open(token_id, self.document)
        limiters.bytes.release(token_id, self.own_bytes + (self.document_bytes if is_last else 0))

    async def run(self, text: str, variables: dict[str, Any] | None, name: str | None) -> None:
        """Execute the operation, or join the group of subscribers to the same one."""
        executors, context = self.executors, self.context
        try:
            with PendingRequest(current_request_id()), self._traced():
                is_answered = await self._answer(text, variables, name)
                if not is_answered:
                    self.group = await executors.subscription_groups.follow(
                        self, context, text, variables or {}, name
                    )
                    is_answered = self.group is None and await self._deliver_results(text, variables, name)
            if is_answered:
                await self.settle()
                self.complete()
        except NotAuthenticated:
            self.forbid()
        except Exception as fault:  # noqa: BLE001  any exception is masked
            self.refuse(rejection(fault))

    def _traced(self) -> AbstractContextManager[None]:
        """Record a span of the operation if operations are traced, for a subscription until it has begun."""
        tracer = self.context.app_services.tracer
        return nullcontext() if tracer is None else tracer.operation()

    async def _answer(self, text: str, variables: dict[str, Any] | None, name: str | None) -> bool:
        """Send the result of a compiled operation; return False if it has to be executed otherwise."""
        answer = await self.executors.compiled.answer(self.context, text, variables, name)
        if answer is not None:
            await self._deliver_all(
                answer.as_payload(self.context.response_extensions()), self.context.answer_bytes
            )
        return answer is not None

    async def _deliver_all(self, said: dict[str, Any], most: int = MAX_ANSWER_BYTES) -> None:
        """Send a result of at most `most` bytes: push it if it is an event, else charge for it."""
        try:
            payload = await dump_answer(said, most)
        except TypeError:
            payload = serialize_message(said)
        if self.position:
            self.push(payload)
            return
        self.context.charge_response(len(payload))
        self.tell(payload)

    async def _deliver_results(self, text: str, variables: dict[str, Any] | None, name: str | None) -> bool:
        """Send the results of graphql-core, one or many; return False if the operation was rejected."""
        results = await self.executors.schema.stream(
            text, variable_values=variables, context_value=self.context, operation_name=name
        )
        async with aclosing(results):  # type: ignore[type-var]
            async for result in results:
                await self.ready()
                errors = [error.formatted for error in result.errors or ()]
                if any(error["extensions"]["code"] == ErrorCode.NOT_AUTHENTICATED for error in errors):
                    self.forbid()
                    return False
                if isinstance(result, PreExecutionError) or has_not_begun(result):
                    self.refuse(errors)
                    return False
                self.position = self.context.operation_state.position
                said = {"data": result.data, "errors": errors, "extensions": result.extensions}
                await self._deliver_all({key: one for key, one in said.items() if one or key == "data"})
        return True


def _too_many(what: str, advice: str = "") -> DocumentRejected:
    said = f"A token has at most {what} on sockets and event streams{advice}"
    return DocumentRejected(ErrorCode.TOO_MANY, said)
