"""Present GraphQL errors with a code, mask and log unexpected ones; `UserError` of payloads, its codes."""

import logging
import re
from enum import StrEnum
from typing import Any
from uuid import uuid4

import strawberry
from graphql import GraphQLError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.fields import column, documents, view_of
from okr_api.graphql.review_enums import ReviewNeed
from okr_api.okr import errors, experiment_errors, pulse_errors, review_errors, roll_over_errors
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Refused
from okr_api.pubsub.change_stream import CursorExpired
from okr_api.query_engine.global_ids import encode_id

log = logging.getLogger(__name__)

WRONG_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value(?: at ((?:\.\w+|\[\d+\])+): )?")
NOT_EXECUTABLE = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
PYTHON_WORD = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\b(?:None|True|False|Undefined)\b""")
JSON_WORDS = {"None": "null", "True": "true", "False": "false", "Undefined": "nothing"}
MAX_REWORDED_CHARACTERS = 300  # the search for quotes is quadratic
MASKED = "Internal error; the server log has details under this reference"


# Domain errors by code, which are all that a payload can have; top-level errors are those of `ErrorCode`.
REFUSALS: dict[str, type[Refused]] = {
    kind.code(): kind
    for kind in sorted(Refused.__subclasses__(), key=lambda kind: kind.code())
    if kind.__module__
    in {
        errors.__name__,
        experiment_errors.__name__,
        pulse_errors.__name__,
        review_errors.__name__,
        roll_over_errors.__name__,
    }
}
UserErrorCode = StrEnum("UserErrorCode", {code: code for code in REFUSALS})  # type: ignore[misc]
strawberry.enum(
    UserErrorCode,
    description="Why a mutation was rejected, in the `errors` of its payload. New values may be added: show "
    "`message` for one you do not know.",
)
for value in UserErrorCode.__strawberry_definition__.values:  # type: ignore[attr-defined]
    value.description = (REFUSALS[value.name].__doc__ or "").split("\n\n")[0]


@view_of()
@strawberry.type(description="Something that is missing before a cycle can be closed.")
class ReviewGap:
    """Need of an objective or a key result, in an error."""

    node_id: strawberry.ID = column("node_id", "Global id of the objective or key result.")
    node_type: NodeType = column("node_type", "OBJECTIVE or KEY_RESULT.")
    title: str = column("title", "Its title.")
    need: ReviewNeed = column("need", "What it needs.")


@view_of()
@strawberry.type(description="Why a mutation was refused.")
class UserError:
    """Domain error in a mutation payload."""

    code: UserErrorCode = column("code", "The stable code.")
    message: str = column("message", "What is wrong and what to do, for people, in English.")
    path: list[str] = column("path", "Where in the input it is; empty when it is no single field.")
    current_version: int | None = column("current_version", "The present version, on a conflict.")
    missing: list[ReviewGap] = documents(
        lambda gaps: gaps,
        "missing",
        description="What is missing before a cycle can be closed, as far as you can see it, at most 200; "
        "`message` says how many more there are. Empty for other errors.",
    )


def error_document(refusal: Refused) -> dict[str, Any]:
    """Return a domain error as a row of `UserError`."""
    return {
        "code": refusal.code(),
        "message": refusal.message,
        "path": list(refusal.path),
        "current_version": refusal.current_version,
        "missing": [
            {
                "node_id": encode_id(gap.node_type, gap.node_id),
                "node_type": gap.node_type,
                "title": gap.title,
                "need": gap.need,
            }
            for gap in refusal.missing
        ],
    }


def present_error(error: GraphQLError) -> GraphQLError:
    """Return the error as clients may see it, with a code; drop the tracebacks of the original errors.

    An error and a frame that refer to each other form a cycle, which would keep the request's variables in
    memory until a full garbage collection; large lists of strings do not trigger one.
    """
    try:
        return _presented(error)
    finally:
        _drop_frames(error)


def _drop_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error and of its causes."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            one.__traceback__ = None
            left += [one.__cause__, one.__context__, getattr(one, "original_error", None)]


def _presented(error: GraphQLError) -> GraphQLError:
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if isinstance(original, Refused):
        extensions: dict[str, Any] = {"code": original.code(), "path": list(original.path)}
        if isinstance(original, AdmissionRejected):
            extensions = {"code": original.code(), "retryAfter": original.retry_after_s}
        if isinstance(original, CursorExpired):
            extensions["oldestSeq"] = original.oldest_seq
        return _replaced(error, original.message, extensions)
    if isinstance(original, NOT_EXECUTABLE):
        return _replaced(error, _advice_on(original), {"code": ErrorCode.BAD_REQUEST})
    if original is None or isinstance(original, GraphQLError):
        code = error.extensions.get("code") if error.extensions else None
        message = error.message if code else describe_as_json(error.message)
        found = {**_place_in_variables(error.message), **(error.extensions or {})}
        return _replaced(error, message, {**found, "code": code or _code_of(error)})
    reference = uuid4().hex
    log.error("Internal error %s at path %.200s", reference, error.path, exc_info=original)
    return _replaced(error, f"{MASKED}: {reference}", {"code": ErrorCode.INTERNAL, "reference": reference})


def describe_as_json(message: str) -> str:
    """Return a graphql-core message with unquoted Python constants as JSON, such as null for None."""
    if len(message) > MAX_REWORDED_CHARACTERS or not any(word in message for word in JSON_WORDS):
        return message
    return PYTHON_WORD.sub(lambda found: JSON_WORDS.get(found[0], found[0]), message)


def _advice_on(fault: Exception) -> str:
    """Return advice for a request without an operation that can be executed over its transport."""
    if isinstance(fault, MissingQueryError):
        return 'The request has no query: send {"query": "{ seq }"}'
    if isinstance(fault, InvalidOperationTypeError):
        if fault.operation_type is OperationType.SUBSCRIPTION:
            return (
                "A subscription needs a transport that streams: a websocket (graphql-transport-ws), "
                "or POST with Accept: text/event-stream"
            )
        return "By GET only queries are executed; send a mutation by POST"
    name = fault.operation_name if isinstance(fault, CannotGetOperationTypeError) else None
    if name is None:
        return "The document has no operation: send a query, a mutation or a subscription"
    return f"The document has no operation named {name!a:.100}; operationName must be one of its names"


def _place_in_variables(message: str) -> dict[str, Any]:
    """Return the path, with the variable first, that a message of graphql-core names; nothing without one."""
    found = WRONG_VARIABLE.match(message)
    if not found:
        return {}
    variable, place = found.groups()
    return {"path": [variable, *re.findall(r"\w+", place or "")]}


def _code_of(error: GraphQLError) -> ErrorCode:
    """Return the code for an error that graphql-core found in a document or its variables."""
    if error.path or WRONG_VARIABLE.match(error.message):
        return ErrorCode.BAD_USER_INPUT
    if error.message.startswith("Syntax Error"):
        return ErrorCode.GRAPHQL_PARSE_FAILED
    return ErrorCode.GRAPHQL_VALIDATION_FAILED


def _replaced(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    """Return an error with the same path and locations, without computing the locations again."""
    replaced = GraphQLError(message, path=error.path, extensions=extensions)
    replaced.locations = error.locations
    return replaced
