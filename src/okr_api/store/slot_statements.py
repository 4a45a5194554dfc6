"""SQL of check-in slots: key results with their cycles, versions of what decides a cadence, and check-ins."""

from .tree_statements import LIVE, MEETS_SLOTS

# Who owes the check-ins of key results, and in which days; `offset 0` forces an index lookup for each.
OWED = """
    select measured.id, measured.objective_id, measured.created_at, holder.team_id,
        coalesce(measured.check_in_owner_id, measured.owner_id, holder.owner_id) as owner_id,
        cycle.starts_on, cycle.ends_on, cycle.state <> 'DRAFT' as has_begun
    from unnest($2::uuid[]) asked(id)
    join key_result measured on measured.organization_id = $1 and measured.id = asked.id
    join objective holder on holder.organization_id = $1 and holder.id = measured.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
"""
# Published objectives of running cycles, in batches.
OWING = """
    select measured.id from key_result measured
    join objective holder on holder.organization_id = $1 and holder.id = measured.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where measured.organization_id = $1 and measured.id > $2 and measured.state = 'ACTIVE'
        and holder.state = 'PUBLISHED' and cycle.state = 'ACTIVE'
        and (measured.cadence is not null or holder.effective_cadence is not null)
    order by measured.id limit $3
"""
ORGANIZATION_VERSIONS = """
    select recorded_at, cadence, holiday_calendar from (
        select *, row_number() over versions as place, lag(cadence) over versions as cadence_before,
            lag(holiday_calendar) over versions as holidays_before
        from organization_version where organization_id = $1
        window versions as (order by seq)
    ) version
    where place = 1 or cadence is distinct from cadence_before
        or holiday_calendar is distinct from holidays_before
    order by place
"""


def versions_of(table: str, is_owing: str) -> str:
    """Return the statement of the versions of entities in which their cadence or `is_owing` has changed."""
    return f"""
        select id, recorded_at, cadence, is_owing from (
            select version.*, row_number() over versions as place,
                lag(cadence) over versions as cadence_before, lag(is_owing) over versions as owing_before
            from unnest($2::uuid[]) asked(id) cross join lateral (
                select id, seq, recorded_at, cadence, {is_owing} as is_owing
                from {table}_version where organization_id = $1 and id = asked.id offset 0
            ) version
            window versions as (partition by version.id order by seq)
        ) version
        where place = 1 or cadence is distinct from cadence_before or is_owing <> owing_before
        order by id, place
    """


TEAM_VERSIONS = versions_of("team", "true")
OBJECTIVE_VERSIONS = versions_of("objective", "state in ('PUBLISHED', 'CLOSED')")
KEY_RESULT_VERSIONS = versions_of("key_result", "state = 'ACTIVE'")
# At most two windows of a series overlap, and a third one where a cadence has changed.
MET = f"""
    select asked.id as key_result_id, met.id, met.effective_at
    from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) asked(id, opens_at, closes_at)
    cross join lateral (
        select id, effective_at from check_in said
        where organization_id = $1 and key_result_id = asked.id
            and effective_at between asked.opens_at and asked.closes_at
            and {MEETS_SLOTS} and {LIVE.format("said")}
        order by effective_at, seq, place limit 3
    ) met
"""
