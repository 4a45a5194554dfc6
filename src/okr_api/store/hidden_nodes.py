"""Hidden nodes: which of many nodes an actor may not see, by the objectives that they belong to."""

from collections.abc import Sequence
from uuid import UUID

from okr_api.okr.visibility import Visibility

from .bulk_write import Postgres
from .mappers.objective import objective_of

HOLDERS = """
    select node, holder.* from unnest($2::uuid[]) node
    left join check_in said on said.organization_id = $1 and said.id = node
    left join key_result asked
        on asked.organization_id = $1 and asked.id = coalesce(said.key_result_id, node)
    join objective holder on holder.organization_id = $1 and holder.id = coalesce(asked.objective_id, node)
"""


async def hidden_among(
    connection: Postgres, organization_id: UUID, nodes: Sequence[UUID], visibility: Visibility
) -> set[UUID]:
    """Return which of the nodes are objectives that are hidden, or belong to one."""
    if not nodes or visibility.is_everything:
        return set()
    rows = await connection.fetch(HOLDERS, organization_id, list(nodes))
    return {row["node"] for row in rows if not visibility.shows(objective_of(row))}
