"""Look-ups of drafts of check-ins: another one for the same node and person, and check-ins made since."""

from uuid import UUID

from okr_api.okr.check_in_draft import CheckInDraft

from .bulk_write import Postgres

ANOTHER = """
    select exists (
        select from check_in_draft
        where organization_id = $1 and assignee_id = $2 and coalesce(key_result_id, objective_id) = $3
            and id <> $4 and not removed
    )
"""
# Check-ins on the same node that were recorded after what the draft says was last edited: who it is for may
# have changed since.
SINCE = """
    select exists (
        select from check_in said
        where said.organization_id = $1 and said.{of} = $3 and said.seq > (
            select max(seq) from (
                select seq, content is distinct from lag(content) over (order by seq) as is_edited
                from check_in_draft_version, lateral (
                    select row(value, milestones_done, confidence, status, note, effective_at)
                ) of_version(content)
                where organization_id = $1 and id = $2
            ) version
            where is_edited
        )
    )
"""


async def has_another_draft(connection: Postgres, organization_id: UUID, draft: CheckInDraft) -> bool:
    """Return whether the same person has another draft for the same node."""
    found = await connection.fetchval(ANOTHER, organization_id, draft.assignee_id, draft.node_id, draft.id)
    return bool(found)


async def has_check_in_since(connection: Postgres, organization_id: UUID, draft: CheckInDraft) -> bool:
    """Return whether the node was checked in on since what the draft says was last edited."""
    statement = SINCE.format(of="key_result_id" if draft.key_result_id else "objective_id")
    return bool(await connection.fetchval(statement, organization_id, draft.id, draft.node_id))
