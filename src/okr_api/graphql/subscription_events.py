"""Load subscription events once for all subscribers of the same document, variables and visibility."""

from hashlib import sha256
from typing import Any

from okr_api.graphql.consistent_reads import load_from_snapshot
from okr_api.graphql.context import Info, core_info


def digest_of(*parts: object) -> bytes:
    """Return the SHA-256 of values sent by a client, to bound the size of cache keys."""
    return sha256(repr(parts).encode(errors="surrogatepass")).digest()


async def load_shared(info: Info, type_name: str, row: Any) -> Any:
    """Load an event, shared by subscribers with the same document, variables and visibility."""
    actor, of = info.context.actor, core_info(info)
    location = of.operation.loc
    document = location.source.body if location else id(of.operation)
    name = of.operation.name.value if of.operation.name else None
    asked = digest_of(document, name, of.variable_values, of.path.key)
    rewinds = info.context.app_services.feed.rewinds(actor.organization_id)
    key = (actor.organization_id, actor.visibility, rewinds, asked, row["seq"], len(row["deltas"]))
    return await info.context.app_services.shared.get(key, lambda: load_from_snapshot(info, type_name, row))
