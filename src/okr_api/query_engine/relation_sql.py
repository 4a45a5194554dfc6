"""SQL of relations between types: expressions of `{row}`, and joins with the `{parents}` referred to."""

# From when scores are shown: the end of the cycle, or at once if it was closed before.
END_OF_OBJECTIVE = """
    (select case when cycle.state = 'CLOSED' then 'epoch' else cycle.ends_at end from cycle
     where cycle.organization_id = {row}.organization_id and cycle.id = {row}.cycle_id)
"""
END_OF_KEY_RESULT = """
    (select case when cycle.state = 'CLOSED' then 'epoch' else cycle.ends_at end from objective holder
     join cycle on cycle.organization_id = holder.organization_id and cycle.id = holder.cycle_id
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
KIND_OF_OBJECTIVE = """
    (select holder.kind from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
SUPERSEDED_BY = """
    (select later.id from check_in later
     where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""
KEY_RESULT_OF_CHECK_IN = """
    join key_result asked on asked.organization_id = $1 and asked.id = {row}.key_result_id
"""
RECORDED = """
    (select version.recorded_at from {versions} version
     where version.organization_id = {row}.organization_id and version.id = {row}.id
     order by version.seq {order} limit 1)
"""


def recorded(versions: str) -> dict[str, str]:
    """Return expressions for when the first and the last version of a row were recorded."""
    return {
        name: RECORDED.replace("{versions}", versions).replace("{order}", order)
        for name, order in (("first_recorded_at", "asc"), ("last_recorded_at", "desc"))
    }
