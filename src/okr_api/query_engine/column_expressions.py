"""SQL that declarations of fields share: expressions of a `{row}`, and joins with the `{parents}`."""

# From when scores are shown: the end of the cycle, or at once if it is in review or closed before.
END_OF_OBJECTIVE = """
    (select case when cycle.state in ('REVIEW', 'CLOSED') then 'epoch' else cycle.ends_at end from cycle
     where cycle.organization_id = {row}.organization_id and cycle.id = {row}.cycle_id)
"""
END_OF_KEY_RESULT = """
    (select case when cycle.state in ('REVIEW', 'CLOSED') then 'epoch' else cycle.ends_at end
     from objective holder
     join cycle on cycle.organization_id = holder.organization_id and cycle.id = holder.cycle_id
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
CADENCE_OF_OBJECTIVE = """
    (select holder.effective_cadence from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
KIND_OF_OBJECTIVE = """
    (select holder.kind from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""
REPLACED_BY = """
    (select later.id from objective later
     where later.organization_id = {row}.organization_id and later.replaces_id = {row}.id
     order by later.id desc limit 1)
"""
CARRIED_TO = """
    (select later.id from {table} later
     where later.organization_id = {row}.organization_id and later.carried_from_id = {row}.id
     order by later.id desc limit 1)
"""
REVIEW = """
    (select reviewed.id from review_record reviewed
     where reviewed.organization_id = {row}.organization_id and reviewed.objective_id = {row}.id
         and not reviewed.removed)
"""
PULSE = """
    (select asked.id from pulse asked
     where asked.organization_id = {row}.organization_id and asked.cycle_id = {row}.id and not asked.removed)
"""
SUPERSEDED_BY = """
    (select later.id from check_in later
     where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""
LATER_METRIC_READING = """
    (select later.id from metric_reading later
     where later.organization_id = {row}.organization_id and later.supersedes_id = {row}.id)
"""
CURRENT_METRIC_READING = """
    (select said.{column} from metric_reading said
     where said.organization_id = {row}.organization_id and said.metric_id = {row}.id
         and said.retraction_reason is null and not exists (
             select from metric_reading later
             where later.organization_id = said.organization_id and later.supersedes_id = said.id)
     order by said.effective_at desc, said.seq desc, said.place desc limit 1)
"""
# Rows of the check-ins on objectives `{parents}` and on their key results, each with its objective.
CHECK_INS_OF_OBJECTIVES = """
    (select said.*, said.objective_id as of_objective_id from check_in said
     where said.organization_id = $1 and said.objective_id = any({parents})
     union all
     select said.*, part.objective_id from key_result part
     join check_in said on said.organization_id = $1 and said.key_result_id = part.id
     where part.organization_id = $1 and part.objective_id = any({parents}))
"""
# Join for the lessons to remember, as `{row}`, of the objectives that the objectives `{parents}` were carried
# over from, and of their key results.
CARRIED_LESSONS = """
    join (
        with recursive before(start, id) as (
            select asked.id, asked.carried_from_id from unnest({parents}) started
            join objective asked on asked.organization_id = $1 and asked.id = started
            where asked.carried_from_id is not null
            union
            select before.start, earlier.carried_from_id from before
            join objective earlier on earlier.organization_id = $1 and earlier.id = before.id
            where earlier.carried_from_id is not null
        )
        select before.start, learned.id from before
        join lesson learned on learned.organization_id = $1 and learned.objective_id = before.id
            and learned.carry_forward
        union all
        select before.start, learned.id from before
        join key_result part on part.organization_id = $1 and part.objective_id = before.id
        join lesson learned on learned.organization_id = $1 and learned.key_result_id = part.id
            and learned.carry_forward
    ) carried on carried.id = {row}.id
"""
RECORDED = """
    (select version.recorded_at from {versions} version
     where version.organization_id = {row}.organization_id and version.id = {row}.id
     order by version.seq {order} limit 1)
"""


def carried_to(table: str) -> dict[str, str]:
    """Return the expression for the row of the same table into which a row was carried over."""
    return {"carried_to_id": CARRIED_TO.replace("{table}", table)}


def recorded(versions: str) -> dict[str, str]:
    """Return expressions for when the first and the last version of a row were recorded."""
    return {
        name: RECORDED.replace("{versions}", versions).replace("{order}", order)
        for name, order in (("first_recorded_at", "asc"), ("last_recorded_at", "desc"))
    }
