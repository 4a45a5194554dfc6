"""SQL of agendas: the nodes of a team, its last meeting, records, what check-ins said, and what was won."""

from okr_api.store.tree_statements import LIVE

LAST_MEETING = """
    select id, held_at from meeting
    where organization_id = $1 and team_id = $2 and ($3::uuid is null or cycle_id = $3) and held_at < $4
        and not removed
    order by held_at desc, id desc limit 1
"""
# Objectives of the team $2 in the cycle $3 or, without one, in all active cycles; at most $4.
OBJECTIVES = """
    select holder.id, holder.progress, holder.reported_status, holder.reported_until,
        holder.derived_statuses, holder.derived_turns, cycle.starts_on
    from objective holder join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where {visible:holder} and holder.team_id = $2 and holder.state = 'PUBLISHED'
        and (case when $3::uuid is null then cycle.state = 'ACTIVE' else cycle.id = $3 end)
    order by holder.id limit $4
"""
KEY_RESULTS = """
    select part.id, part.objective_id, part.measure, part.unit, part.definition, part.progress,
        part.state = 'ACTIVE' as is_active, part.reported_status, part.reported_until,
        part.derived_statuses, part.derived_turns
    from unnest($2::uuid[]) asked(id) cross join lateral (
        select * from key_result
        where organization_id = $1 and objective_id = asked.id and state <> 'DROPPED' offset 0
    ) part
    order by part.id limit $3
"""
# Open decisions of earlier meetings.
DECISIONS = """
    select decided.id, decided.due_on, held.held_at
    from meeting held
    join decision decided on decided.organization_id = $1 and decided.meeting_id = held.id
        and decided.state = 'OPEN' and not decided.removed
    left join key_result part on part.organization_id = $1 and part.id = decided.key_result_id
    left join objective holder
        on {visible:holder} and holder.id = coalesce(decided.objective_id, part.objective_id)
    where held.organization_id = $1 and held.team_id = $2 and ($3::uuid is null or held.cycle_id = $3)
        and held.held_at < $4 and not held.removed
        and (holder.id is not null or num_nonnulls(decided.objective_id, decided.key_result_id) = 0)
    order by decided.due_on, held.held_at, decided.id limit $5
"""
# Open roadblocks on the objectives and key results $2, with since when they have been open.
ROADBLOCKS = """
    select blocked.id, blocked.due_on, owner.name as owner, above.name as escalated_to,
        begun.recorded_at as since
    from (
        select blocked.* from unnest($2::uuid[]) asked(id) join roadblock blocked
            on blocked.organization_id = $1 and blocked.objective_id = asked.id
        union all
        select blocked.* from unnest($2::uuid[]) asked(id) join roadblock blocked
            on blocked.organization_id = $1 and blocked.key_result_id = asked.id
    ) blocked
    left join person owner on owner.organization_id = $1 and owner.id = blocked.owner_id
    left join person above on above.organization_id = $1 and above.id = blocked.escalated_to_id
    cross join lateral (
        select recorded_at from roadblock_version version
        where version.organization_id = $1 and version.id = blocked.id and version.seq > coalesce((
            select max(former.seq) from roadblock_version former
            where former.organization_id = $1 and former.id = blocked.id and former.state <> 'OPEN'
        ), -1)
        order by version.seq limit 1
    ) begun
    where blocked.state = 'OPEN' and not blocked.removed
    order by blocked.due_on, begun.recorded_at, blocked.id limit $3
"""
# What the team $2 is to give and what its nodes $3 need by the day $4; `giver` is null for what it gives.
DEPENDENCIES = """
    select need.id, need.needed_by, case when asked.gives then null else giver.name end as giver,
        begun.recorded_at as since
    from (
        select id, true as gives from dependency where organization_id = $1 and giving_team_id = $2
        union
        select need.id, false from unnest($3::uuid[]) node(id)
        join dependency need on need.organization_id = $1 and need.needing_objective_id = node.id
        where need.giving_team_id <> $2
        union
        select need.id, false from unnest($3::uuid[]) node(id)
        join dependency need on need.organization_id = $1 and need.needing_key_result_id = node.id
        where need.giving_team_id <> $2
    ) asked
    join dependency need on need.organization_id = $1 and need.id = asked.id
    join team giver on giver.organization_id = $1 and giver.id = need.giving_team_id
    left join key_result part on part.organization_id = $1 and part.id = need.needing_key_result_id
    join objective holder on {visible:holder}
        and holder.id = coalesce(need.needing_objective_id, part.objective_id)
    cross join lateral (
        select recorded_at from dependency_version version
        where version.organization_id = $1 and version.id = need.id order by version.seq limit 1
    ) begun
    where need.state in ('OPEN', 'AGREED') and not need.removed and need.needed_by <= $4::date
        and holder.state not in ('DROPPED', 'CLOSED') and (part.id is null or part.state <> 'DROPPED')
    order by need.needed_by, need.id limit $5
"""
_MEASURED = """
    (said.value is not null or said.milestones_done is not null) and said.definition = asked.definition
"""


def _one(of: str, columns: str, condition: str, direction: str = "desc") -> str:
    """Return the last check-in on `asked` that meets a condition by then, or the first with `asc`."""
    return f"""
        left join lateral (
            select {columns} from check_in said
            where said.organization_id = $1 and said.{of} = asked.id and said.effective_at <= $5
                and {LIVE.format("said")} and {condition}
            order by said.effective_at {direction}, said.seq {direction}, said.place {direction} limit 1
        )
    """


def _stated(of: str, column: str) -> str:
    """Return joins for what was stated last, last before `asked.since`, and otherwise first since then."""
    is_stated, columns = f"said.{column} is not null", f"said.{column}, said.effective_at"
    is_first = f"{is_stated} and {column}_then.effective_at is null"
    return f"""
        {_one(of, columns, is_stated)} {column}_now on true
        {_one(of, columns, f"{is_stated} and said.effective_at <= asked.since")} {column}_then on true
        {_one(of, columns, is_first, "asc")} {column}_first on true
    """


def _said(of: str, measured: str, joined: str) -> str:
    """Return what check-ins on nodes said, by the column `of` of check-ins.

    Parameters are the ids $2, since when each is looked at $3, their definitions $4 and the instant $5.
    """
    stated = ", ".join(
        f"{column}_now.{column}, {column}_now.effective_at as {column}_at, "
        f"coalesce({column}_then.{column}, {column}_first.{column}) as {column}_before"
        for column in ("confidence", "status")
    )
    return f"""
        select asked.id, {stated}, {measured}
        from unnest($2::uuid[], $3::timestamptz[], $4::int[]) asked(id, since, definition)
        {_stated(of, "confidence")} {_stated(of, "status")} {joined}
    """


_ORDER = "said.effective_at, said.seq, said.place"
_OTHER = "(said.value, said.milestones_done) is distinct from (measured.value, measured.milestones_done)"
# The value that stands, the last one before it that was another, and the first check-in after that.
_VALUES = f"""
    {_one("key_result_id", f"said.value, said.milestones_done, {_ORDER}", _MEASURED)} measured on true
    {_one("key_result_id", _ORDER, f"{_MEASURED} and {_OTHER}")} other on true
    {
    _one(
        "key_result_id",
        "said.effective_at",
        f"{_MEASURED} and measured.seq is not null and ({_ORDER})"
        " > (coalesce(other.effective_at, '-infinity'), coalesce(other.seq, 0), coalesce(other.place, 0))",
        "asc",
    )
} run on true
"""
SAID_OF_KEY_RESULTS = _said("key_result_id", "measured.value, run.effective_at as value_since", _VALUES)
SAID_OF_OBJECTIVES = _said("objective_id", "null::float8 as value, null::timestamptz as value_since", "")
# When each of the nodes $2 reached a progress of 1 last, after the position $3 and until the instant $4.
WON = """
    select asked.id, won.recorded_at from unnest($2::uuid[], $3::bigint[]) asked(id, after)
    cross join lateral (
        select made.recorded_at from change_node listed
        cross join lateral (
            select recorded_at, deltas from change
            where organization_id = $1 and seq = listed.seq and recorded_at <= $4 offset 0
        ) made
        cross join lateral json_array_elements(made.deltas) delta
        where listed.organization_id = $1 and listed.node_id = asked.id and listed.seq >= asked.after
            and (delta ->> 'node_id')::uuid = asked.id and (delta ->> 'after')::float8 >= 1
            and coalesce((delta ->> 'before')::float8, 0) < 1
        order by listed.seq desc limit 1
    ) won
"""
