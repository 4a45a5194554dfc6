"""SQL of check-in slots: nodes with their cycles, versions of what decides a cadence, and check-ins."""

from .tree_statements import LIVE, MEETS_SLOTS

# Who owes the check-ins of key results and objectives, and in which days; `offset 0` forces an index lookup
# for each. An objective is created with its first version.
OWED = """
    select measured.id, measured.id as key_result_id, measured.objective_id, measured.created_at,
        holder.team_id, coalesce(measured.check_in_owner_id, measured.owner_id, holder.owner_id) as owner_id,
        cycle.starts_on, cycle.ends_on, cycle.state <> 'DRAFT' as has_begun, cycle.rules
    from unnest($2::uuid[]) asked(id)
    join key_result measured on measured.organization_id = $1 and measured.id = asked.id
    join objective holder on holder.organization_id = $1 and holder.id = measured.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    union all
    select holder.id, null, holder.id, (
            select recorded_at from objective_version version
            where version.organization_id = $1 and version.id = holder.id order by seq limit 1
        ), holder.team_id, holder.owner_id,
        cycle.starts_on, cycle.ends_on, cycle.state <> 'DRAFT', cycle.rules
    from unnest($2::uuid[]) asked(id)
    join objective holder on holder.organization_id = $1 and holder.id = asked.id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
"""
# Those of running cycles of which check-ins are owed now, in order of their ids; `$4` restricts it to some.
OWING = """
    (select measured.id, measured.objective_id, true as is_key_result
    from key_result measured
    join objective holder on holder.organization_id = $1 and holder.id = measured.objective_id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where measured.organization_id = $1 and measured.id > $2 and measured.state = 'ACTIVE'
        and holder.state = 'PUBLISHED' and cycle.state = 'ACTIVE'
        and (measured.cadence is not null or holder.effective_cadence is not null)
        and ($4::uuid[] is null or measured.id = any($4))
    order by measured.id limit $3)
    union all
    (select holder.id, holder.id, false
    from objective holder
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where holder.organization_id = $1 and holder.id > $2 and holder.cadence is not null
        and holder.state = 'PUBLISHED' and cycle.state = 'ACTIVE'
        and ($4::uuid[] is null or holder.id = any($4))
    order by holder.id limit $3)
    order by id limit $3
"""
# Every cadence that was ever set, once, by indexes of the versions that have one; every calendar of holidays.
CADENCES = """
    select distinct cadence from (
        select cadence from organization_version where organization_id = $1 and cadence is not null
        union all select cadence from team_version where organization_id = $1 and cadence is not null
        union all select cadence from objective_version where organization_id = $1 and cadence is not null
        union all select cadence from key_result_version where organization_id = $1 and cadence is not null
    ) version
"""
HOLIDAYS = "select distinct holiday_calendar from organization_version where organization_id = $1"
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


def versions_of(table: str, is_owing: str, asked: str = "unnest($2::uuid[]) asked(id)", but: str = "") -> str:
    """Return the statement of the versions of entities in which their cadence or `is_owing` has changed.

    `asked` is the source of their ids, and `but` a further condition.
    """
    return f"""
        select id, recorded_at, cadence, is_owing from (
            select version.*, row_number() over versions as place,
                lag(cadence) over versions as cadence_before, lag(is_owing) over versions as owing_before,
                bool_and(cadence is null and is_owing) over (partition by version.id) as is_plain
            from {asked} cross join lateral (
                select id, seq, recorded_at, cadence, {is_owing} as is_owing
                from {table}_version where organization_id = $1 and id = asked.id offset 0
            ) version
            window versions as (partition by version.id order by seq)
        ) version
        where (place = 1 or cadence is distinct from cadence_before or is_owing <> owing_before) {but}
        order by id, place
    """


# Places of teams among the teams, and of all that have ever been above them.
TEAM_PLACES = """
    with recursive chain(id) as (
        select unnest($2::uuid[])
        union
        select version.parent_id from chain cross join lateral (
            select parent_id from team_version
            where organization_id = $1 and id = chain.id and parent_id is not null offset 0
        ) version
    )
    select version.id, version.recorded_at, version.parent_id from chain cross join lateral (
        select id, seq, recorded_at, parent_id from team_version
        where organization_id = $1 and id = chain.id offset 0
    ) version
    order by version.id, version.seq
"""
TEAM_VERSIONS = versions_of("team", "true")
OBJECTIVE_OWES, KEY_RESULT_OWES = "state in ('PUBLISHED', 'CLOSED')", "state = 'ACTIVE'"
OBJECTIVE_VERSIONS = versions_of("objective", OBJECTIVE_OWES)
KEY_RESULT_VERSIONS = versions_of("key_result", KEY_RESULT_OWES)


def _met(of: str) -> str:
    """Return the statement of the check-ins that can have met slots, by key results or objectives."""
    return f"""
        select asked.id as node_id, met.id, met.effective_at
        from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::int[])
            asked(id, opens_at, closes_at, most)
        cross join lateral (
            select id, effective_at from check_in said
            where organization_id = $1 and {of} = asked.id
                and effective_at between asked.opens_at and asked.closes_at
                and {MEETS_SLOTS} and {LIVE.format("said")}
            order by effective_at, seq, place limit asked.most
        ) met
    """


MET_BY_KEY_RESULTS = _met("key_result_id")
MET_BY_OBJECTIVES = _met("objective_id")
