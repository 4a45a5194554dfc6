"""Prepare documents (parse, validate, weigh), large ones in a thread, and keep them in LRU caches."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, parse, validate

from okr_api.graphql.document_limits import check_document
from okr_api.graphql.field_merging import RULES
from okr_api.graphql.lru_cache import LruCache
from okr_api.graphql.query_cost import OperationCost, TooComplex

MAX_DOCUMENT_TOKENS = 2_500
MAX_VALIDATION_ERRORS = 5
MAX_DOCUMENTS_KEPT = 500
MAX_KEPT_DOCUMENT_BYTES = 24 * 1024 * 1024
NODE_BYTES = 1_000  # per AST node, with its name, location and tokens
ERROR_BYTES = 1_000
MAX_REFUSALS_KEPT = 1_000
MAX_REFUSAL_BYTES = 1024 * 1024
REJECTION_TTL_S = 60
BYTES_PER_COST = 2
REFUSAL_COST = 1
SELECTION_COST = 10
MAX_INLINE_PREPARATION_BYTES = 1_500  # takes a few milliseconds; five times as long in the worst case
THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")

Charge = Callable[[int], None]


class PreparedDocument:
    """Parsed and valid document, or the errors for which it is rejected."""

    def __init__(
        self, core: GraphQLSchema, document: DocumentNode | None, errors: list[GraphQLError], size: int
    ) -> None:
        self.core, self.document, self.errors, self.bytes = core, document, errors, size
        self._weights: dict[int, OperationCost | str] = {}

    def weight(self, operation: OperationDefinitionNode) -> OperationCost:
        """Return the cost of one of its operations, computed once.

        Raises:
            TooComplex: the operation is too deep, or has too many root fields or selections.
        """
        assert self.document is not None
        known = self._weights.get(id(operation))
        if known is None:
            try:
                known = OperationCost(self.core, self.document, operation)
            except TooComplex as refusal:
                known = refusal.message
            self._weights[id(operation)] = known
        if isinstance(known, str):
            raise TooComplex(known)
        return known


class DocumentCache:
    """LRU cache of prepared documents, keyed by the SHA-256 of their text."""

    def __init__(self, core: GraphQLSchema) -> None:
        self.core = core
        self.validations = 0
        self._documents: LruCache[bytes, PreparedDocument] = LruCache(
            MAX_DOCUMENTS_KEPT, MAX_KEPT_DOCUMENT_BYTES
        )
        self._preparing: dict[bytes, asyncio.Future[PreparedDocument]] = {}
        self._refused: LruCache[bytes, PreparedDocument] = LruCache(
            MAX_REFUSALS_KEPT, MAX_REFUSAL_BYTES, REJECTION_TTL_S
        )

    def prepare(self, text: str, charge: Charge | None = None) -> PreparedDocument:
        """Return the prepared document; parsing a large one that is not cached blocks the event loop.

        `charge` is called with the cost: before parsing, by the size of a document that is not cached.
        """
        encoded = text.encode(errors="surrogatepass")
        key = sha256(encoded).digest()
        known = self._known(key, charge)
        if known is None:
            self._charge(encoded, charge)
            known = self._keep(key, self._prepared(text))
        return known

    async def prepare_aside(self, text: str, charge: Charge | None = None) -> PreparedDocument:
        """Return the prepared document; prepare a large one in a thread, without blocking the event loop.

        One thread prepares them in turn; concurrent requests for the same document share one preparation.
        """
        encoded = text.encode(errors="surrogatepass")
        if len(encoded) <= MAX_INLINE_PREPARATION_BYTES:
            return self.prepare(text, charge)
        key = sha256(encoded).digest()
        known = self._known(key, charge)
        if known is not None:
            return known
        preparing = self._preparing.get(key)
        if preparing is None:
            loop = asyncio.get_running_loop()
            self._charge(encoded, charge)
            preparing = loop.run_in_executor(THREAD, self._prepared, text)
            self._preparing[key] = preparing
            preparing.add_done_callback(lambda _: self._preparing.pop(key, None))
        prepared = await asyncio.shield(preparing)  # other requests may wait for the same future
        return self._known(key, None) or self._keep(key, prepared)

    def _known(self, key: bytes, charge: Charge | None) -> PreparedDocument | None:
        """Return the cached document or its cached rejection, which is charged; None if neither."""
        known = self._documents.get(key)
        if known is None:
            known = self._refused.get(key)
            if known is not None and charge is not None:
                charge(REFUSAL_COST)
        return known

    def _charge(self, encoded: bytes, charge: Charge | None) -> None:
        if charge is not None:
            charge(max(len(encoded) // BYTES_PER_COST, 1))

    def _keep(self, key: bytes, prepared: PreparedDocument) -> PreparedDocument:
        (self._refused if prepared.errors else self._documents).put(key, prepared, prepared.bytes)
        return prepared

    def _prepared(self, text: str) -> PreparedDocument:
        try:
            document = parse(text, max_tokens=MAX_DOCUMENT_TOKENS)
            size = len(text) + NODE_BYTES * check_document(document)
            if not any(isinstance(one, OperationDefinitionNode) for one in document.definitions):
                # no operation to validate; execution reports that
                return PreparedDocument(self.core, document, [], size)
            self.validations += 1
            errors = validate(self.core, document, RULES, max_errors=MAX_VALIDATION_ERRORS)
            if not errors:
                return PreparedDocument(self.core, document, [], size)
        except GraphQLError as refusal:
            errors = [refusal]
        except RecursionError:
            errors = [TooComplex("The document is nested too deep")]
        size = sum(ERROR_BYTES + len(one.message) for one in errors)
        return PreparedDocument(self.core, None, [_detached(one) for one in errors], size)


def _detached(error: GraphQLError) -> GraphQLError:
    """Return a copy of the error with its locations but without references to the document."""
    detached = GraphQLError(error.message, extensions=error.extensions)
    detached.locations = error.locations
    return detached
