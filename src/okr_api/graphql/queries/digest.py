"""Query field `digest`: what happened in an interval: to all, or to a team, person, cycle or objective."""

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from okr_api.graphql.comparators import said
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.inputs import EntityRef
from okr_api.graphql.types.digest import Digest
from okr_api.okr.digest import MAX_DIGEST_DAYS
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.digests import DigestScope, load_digest
from okr_api.query_engine.global_ids import TYPE_NAMES, id_of_argument
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.sql_filters import given_fields


@strawberry.input(one_of=True, description="What a digest is of: give exactly one.")
class DigestScopeInput:
    """Scope of a digest."""

    organization: bool | None = said("true: everything that you see.")
    team: EntityRef | None = said("The objectives that belong to this team now, and the team.")
    person: EntityRef | None = said(
        "The objectives that this person owns or contributes to now, and the key results that they own or "
        "check in on."
    )
    cycle: EntityRef | None = said("The objectives of this cycle, and the cycle.")
    objective: EntityRef | None = said("This objective and everything below it.")


@strawberry.type
class DigestQuery:
    """Query root field of digests."""

    @strawberry.field(
        description="Digest of an interval: what moved most, was won, was lost, is new and was adjusted, and "
        "who did it, from the change feed. At most 100 days and 20,000 changes; above it: TOO_MANY. Null if "
        "what the scope names does not exist or you cannot see it."
    )
    async def digest(
        self,
        info: Info,
        scope: Annotated[DigestScopeInput, strawberry.argument(description="What it is of.")],
        since: Annotated[datetime, strawberry.argument(description="Begin of the interval, included.")],
        until: Annotated[
            datetime,
            strawberry.argument(description="End of the interval, excluded; at most 100 days after `since`."),
        ],
    ) -> Digest | None:
        """Return the digest of an interval."""
        if since >= until:
            raise InvalidInput("since must be before until", path=["since"])
        if until - since > timedelta(days=MAX_DIGEST_DAYS):
            raise InvalidInput(f"A digest is of at most {MAX_DIGEST_DAYS} days", path=["until"])
        [(name, value)] = given_fields(scope)
        reader = await reader_for(info)
        found = await _scope_of(reader, name, value)
        if found is None:
            return None
        digest: Digest = await reader.made("Digest", await load_digest(reader.snapshot, found, since, until))
        return digest


async def _scope_of(reader: Reader, name: str, value: EntityRef | bool) -> DigestScope | None:
    """Return the scope; None if what it names is not there, or not visible.

    Raises:
        InvalidInput: `organization` is false.
    """
    if isinstance(value, bool):
        if not value:
            raise InvalidInput("organization can only be true", path=["scope", "organization"])
        return DigestScope()
    node_type = NodeType(name.upper())
    [(argument, given)] = given_fields(value)
    id = await id_of_argument(reader.snapshot, node_type, argument, str(given))
    visible = None if id is None else await reader.id_of_visible(TYPE_NAMES[node_type], id)
    return None if visible is None else DigestScope(node_type, visible)
