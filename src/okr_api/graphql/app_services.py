"""`AppServices`: container of process-wide services, limiters and caches; `app.py` creates it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from okr_api.auth.admission_control import AdmissionControl
from okr_api.auth.authenticator import ActorLookup
from okr_api.auth.push_rate_limit import PushRateLimiter
from okr_api.auth.rate_limit import RateLimiter
from okr_api.graphql.operation_tracing import OperationTracer
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.single_flight_cache import SingleFlightCache
from okr_api.query_engine.snapshot import AsOfValue
from okr_api.query_engine.tree_layout_cache import TreeLayoutCache
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.services.webhook_urls import AddressPolicy
from okr_api.store.database import Database
from okr_api.store.row_batcher import RowBatcher
from okr_api.store.table_sizes import SizeCache


class WebhookPayloads(Protocol):
    """Payloads of webhooks, which need the schema that the fields with these services belong to."""

    async def check(self, context: Any, selection: str, filter: Mapping[str, Any] | None) -> None:
        """Check a selection and a filter; raise `InvalidInput` if there is no payload of them."""

    async def latest(self, context: Any, webhook: Mapping[str, Any]) -> tuple[int, bytes] | None:
        """Return the `seq` and the payload of the latest change that a webhook's filter matches."""


@dataclass(frozen=True)
class AppServices:
    """Process-wide services shared by all requests."""

    database: Database
    mutation_runner: MutationRunner
    group_commit: GroupCommit
    feed: ChangeStream
    tokens: ActorLookup
    rate_limiter: RateLimiter = field(default_factory=RateLimiter)
    push_rate_limiter: PushRateLimiter = field(default_factory=PushRateLimiter)
    admission: AdmissionControl = field(default_factory=AdmissionControl)
    shared: SingleFlightCache = field(default_factory=SingleFlightCache)
    row_batcher: RowBatcher[AsOfValue] = field(default_factory=RowBatcher)
    layouts: TreeLayoutCache = field(default_factory=TreeLayoutCache)
    sizes: SizeCache = field(default_factory=SizeCache)
    webhook_payloads: WebhookPayloads | None = None  # of the schema's own fields alone
    webhook_addresses: AddressPolicy = field(default_factory=AddressPolicy)
    tracer: OperationTracer | None = None
