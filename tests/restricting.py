"""Restrict objectives to people, past the service: the rows as it leaves them, and the plan's position moved."""

from uuid import UUID

from tests.acme import Acme

RESTRICT = """
    update objective set visibility = 'PRIVATE', shared_with_ids = $2, viewer_ids = $2
    where id::text = $1 or external_id = $1
"""
EDITED = "update feed_head set plan_recorded_at = clock_timestamp() where organization_id = $1"


async def restrict(acme: Acme, objective: UUID | str, *people: UUID) -> None:
    """Let only those people see an objective, which nobody owns or contributes to."""
    await acme.fetch(RESTRICT, str(objective), sorted(people))
    await acme.fetch(EDITED, acme.organization.id)
