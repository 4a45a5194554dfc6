"""Store of persisted and trusted documents: resolve a request to its text; limits on size, lines and nesting.

A trusted document is listed by the operator; a client names it by its id in the list, or by the SHA-256 of
its text. An automatically persisted document was sent by a client before, together with its hash, as Apollo
does it; each process remembers the latest.
"""

import re
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from okr_api.graphql.error_codes import ErrorCode
from okr_api.graphql.lru_cache import LruCache

from .trusted_documents import sha256_of

MAX_DOCUMENT_BYTES = 32 * 1024
MAX_DOCUMENT_DEPTH = 100
MAX_DOCUMENT_LINES = 5_000  # lines are counted again for each error
MAX_OPERATION_NAME_CHARACTERS = 200
MAX_PERSISTED = 500
MAX_PERSISTED_BYTES = 4 * 1024 * 1024
SHA256 = "sha256:"
# An unterminated string matches up to the end of its line, so that it is scanned once; no parser accepts it.
_BRACKET = re.compile(r'"""(?:\\"""|.)*?"""|"(?:\\.|[^"\\\n])*+"?|#[^\n]*|[][(){}]', re.DOTALL)


class DocumentRejected(GraphQLError):
    """Rejection of a request's document; `code` gives the reason."""

    def __init__(self, code: ErrorCode, message: str, **more: Any) -> None:
        super().__init__(message, extensions={"code": code, **more})
        self.code = code


class DocumentStore:
    """Trusted and automatically persisted documents; resolves a request to its document text."""

    def __init__(self, trusted: Mapping[str, str] | None = None, *, only_trusted: bool = False) -> None:
        self.trusted = trusted or {}
        self.only_trusted = only_trusted
        self._persisted: LruCache[str, str] = LruCache(MAX_PERSISTED, MAX_PERSISTED_BYTES)

    def resolve(self, request: Mapping[str, Any]) -> str | None:
        """Return the text in `query`, or named by `documentId` or `extensions`; None if the request has none.

        Raises:
            DocumentRejected: the text exceeds a limit or is not trusted, its id or hash is unknown, the hash
                is of another text, or `operationName` is too long.
        """
        operation = request.get("operationName")
        if isinstance(operation, str) and len(operation) > MAX_OPERATION_NAME_CHARACTERS:
            raise DocumentRejected(
                ErrorCode.BAD_REQUEST, f"operationName has at most {MAX_OPERATION_NAME_CHARACTERS} characters"
            )
        text, name, hashed = (
            request.get("query"),
            request.get("documentId"),
            _hash_in(request.get("extensions")),
        )
        if isinstance(text, str) and text:
            return self._taken(text, hashed)
        if isinstance(name, str):
            known = self.trusted.get(name.removeprefix(SHA256))
            if known is None:
                raise DocumentRejected(
                    ErrorCode.DOCUMENT_NOT_FOUND, "There is no trusted document of this id"
                )
            return known
        if hashed is not None:
            return self._named(hashed)
        return text if isinstance(text, str) else None

    def _taken(self, text: str, hashed: str | None) -> str:
        """Check and return a text that was sent; remember it if its hash was sent with it."""
        size = len(text)
        if size * 4 > MAX_DOCUMENT_BYTES and len(text.encode(errors="surrogatepass")) > MAX_DOCUMENT_BYTES:
            raise DocumentRejected(
                ErrorCode.DOCUMENT_TOO_LARGE, f"A document has at most {MAX_DOCUMENT_BYTES} bytes"
            )
        if size >= MAX_DOCUMENT_LINES and _lines_of(text) > MAX_DOCUMENT_LINES:
            raise DocumentRejected(
                ErrorCode.TOO_COMPLEX, f"A document has at most {MAX_DOCUMENT_LINES} lines"
            )
        if _is_nested_too_deep(text):
            raise DocumentRejected(
                ErrorCode.TOO_COMPLEX, f"A document nests brackets at most {MAX_DOCUMENT_DEPTH} deep"
            )
        if hashed is not None and hashed != sha256_of(text):
            raise DocumentRejected(ErrorCode.BAD_REQUEST, "sha256Hash is not the SHA-256 of the query")
        if self.only_trusted and sha256_of(text) not in self.trusted:
            raise DocumentRejected(ErrorCode.DOCUMENT_NOT_TRUSTED, "This server takes trusted documents only")
        if hashed is not None and hashed not in self.trusted:
            self._persisted.put(hashed, text, len(text.encode(errors="surrogatepass")))
        return text

    def _named(self, hashed: str) -> str:
        known = self.trusted.get(hashed) or self._persisted.get(hashed)
        if known is None:  # Apollo clients recognise the message and send the text
            raise DocumentRejected(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        return known


def _hash_in(extensions: Any) -> str | None:
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    hashed = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return hashed.lower() if isinstance(hashed, str) else None


def _lines_of(text: str) -> int:
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")


def _is_nested_too_deep(text: str) -> bool:
    """Return whether brackets outside strings and comments nest deeper than a parser may recurse."""
    if text.count("{") + text.count("[") + text.count("(") <= MAX_DOCUMENT_DEPTH:
        return False
    depth = 0
    for found in _BRACKET.finditer(text):
        bracket = found[0]
        if bracket in "{[(":
            depth += 1
            if depth > MAX_DOCUMENT_DEPTH:
                return True
        elif bracket in ")]}":
            depth -= 1
    return False
