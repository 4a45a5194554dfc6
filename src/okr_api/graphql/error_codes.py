"""The GraphQL enum `ErrorCode` of top-level errors (`extensions.code`); codes of payloads: `errors.py`."""

from enum import StrEnum

from okr_api.graphql.enums import describe


class ErrorCode(StrEnum):
    """Code of a top-level error.

    Domain errors that can end a whole operation or root field have the code of their class (`Refused.code`).
    """

    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    BUSY = "BUSY"
    OUT_OF_TIME = "OUT_OF_TIME"
    TOO_COMPLEX = "TOO_COMPLEX"
    TOO_LARGE = "TOO_LARGE"
    TOO_MANY = "TOO_MANY"
    DOCUMENT_TOO_LARGE = "DOCUMENT_TOO_LARGE"
    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    BAD_REQUEST = "BAD_REQUEST"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    REPLY_TO_REPLY = "REPLY_TO_REPLY"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    CURSOR_AHEAD = "CURSOR_AHEAD"
    INTERNAL = "INTERNAL"


describe(
    ErrorCode,
    "Code of an entry in the top-level `errors`, at `extensions.code`. No field returns it: what a "
    "mutation rejects is in its payload, with a `UserErrorCode`.",
    NOT_AUTHENTICATED="No token was sent, or it is unknown, expired or revoked, or not a valid one of the "
    "identity provider. Send another one.",
    FORBIDDEN="The token lacks the scope that a query's field needs, such as ADMIN for `tokens`. "
    "With the HTTP status 403: nobody may sign in with this token of the identity provider.",
    RATE_LIMITED="The token has exceeded its rate limit. Retry after `extensions.retryAfter` seconds (over "
    "HTTP the header `Retry-After`).",
    BUSY="The server, the database or the token's earlier operations are busy, and nothing was done. "
    "Retry, after `extensions.retryAfter` seconds where it is given.",
    OUT_OF_TIME="The operation took longer than 30 seconds, or a statement of a query longer than 5. Ask "
    "for less. Mutations under `extensions.applied` were done, those under "
    "`extensions.pending` are still running.",
    TOO_COMPLEX="The document is too deep, selects too much or costs too much, or its variables or the "
    "request have too many values. Ask for less.",
    TOO_LARGE="The request's body or its headers have too many bytes.",
    TOO_MANY="A limit on a number: of ids, of rows read, of bytes in a response, of operations or "
    "connections at a time. Ask for less at a time.",
    DOCUMENT_TOO_LARGE="The text of the document has too many bytes.",
    DOCUMENT_NOT_FOUND="No trusted document has this `documentId`.",
    DOCUMENT_NOT_TRUSTED="The server takes trusted documents only, and this is none.",
    PERSISTED_QUERY_NOT_FOUND="The server does not know this hash. Send the hash and the text together, "
    "once.",
    BAD_REQUEST="Malformed request: not JSON, no query, no operation of that name, a mutation by GET, a "
    "subscription without a transport that streams, or an HTTP method or content type that is "
    "not supported.",
    GRAPHQL_PARSE_FAILED="The document has a syntax error.",
    GRAPHQL_VALIDATION_FAILED="The document does not fit the schema.",
    BAD_USER_INPUT="A variable or an argument does not fit its type.",
    INVALID_INPUT="An argument fits its type but not its limits; `extensions.path` leads to it.",
    NOT_FOUND="What a subscription follows, or the comment that `commentPreview` replies to, does not exist "
    "or is not visible; or, outside GraphQL, the URL's path. Other queries return null instead, a mutation "
    "the `UserErrorCode` of the same name.",
    REPLY_TO_REPLY="The comment that `commentPreview` replies to is a reply itself.",
    CURSOR_EXPIRED="The feed no longer keeps this position; its first is `extensions.oldestSeq`. Read "
    "again, and subscribe after that response's `extensions.seq`.",
    CURSOR_AHEAD="The position is beyond the feed's end: of another database, or of one that was restored. "
    "Read again, and subscribe after that response's `extensions.seq`.",
    INTERNAL="Unexpected fault, masked. The reference at the end of its message is also in the server's "
    "log. A mutation may have been done: retry it with the same `idempotencyKey`.",
)
