"""SQL of coaching: objectives, key results, surroundings, references of drafts, cycles; only visible rows.

`fetch_visible` fills in which rows are hidden. Every list is bounded, so that a statement reads few rows
however large an organisation is.
"""

from okr_api.store.title_words import TITLE_WORDS
from okr_api.store.tree_edges import PARENT_OBJECTIVE, edges_beneath

from .column_expressions import recorded

MAX_KEY_RESULTS_COACHED = 100
MAX_OBJECTIVES_COUNTED = 100
MAX_PAST_OBJECTIVES_COUNTED = 20
MAX_TITLES_MATCHED = 1_000
MAX_TITLES_COMPARED = 50
MAX_GROUPS_COACHED = 1_000
MAX_SAME_TITLES = 10
OPEN = "('DRAFT', 'PUBLISHED')"
EDITABLE = "('DRAFT', 'PUBLISHED', 'PAUSED')"

SETTINGS = """
    select language, coaching_rules_off, exists (
        select from priority where organization_id = $1 and state = 'ACTIVE' and not removed
    ) as has_priorities
    from organization where id = $1
"""

# Objectives whose plan can still be edited.
OBJECTIVES = f"""
    select row.id, row.title, row.description is not null as has_description, row.kind, row.state,
        row.owner_id, row.team_id, row.cycle_id, row.stands_alone_reason, cycle.starts_on, cycle.ends_on,
        cycle.starts_at, cycle.ends_at, case when row.state = 'DRAFT'
            then {recorded("objective_version")["first_recorded_at"].format(row="row")} end as drafted_at,
        exists (
            select from ({edges_beneath("= row.id")}) edge
            join objective child on child.id = edge.child_id and {{visible:child}}
        ) as has_children
    from objective row
    join cycle on cycle.organization_id = $1 and cycle.id = row.cycle_id
    where row.organization_id = $1 and row.id = any($2::uuid[])
        and row.state in {EDITABLE} and cycle.state in ('DRAFT', 'ACTIVE')
    order by row.id
"""
KEY_RESULTS = f"""
    select own.*
    from unnest($2::uuid[]) asked(id)
    cross join lateral (
        select objective_id, id, title, left(description, $3) as description, measure, unit, start_value,
            counted_from, target_value, lower_bound, upper_bound, commit_value, stretch_value, milestones,
            weight, due_on, confidence, current_value, progress, coverage, role, metric_id
        from key_result
        where organization_id = $1 and objective_id = asked.id and state = 'ACTIVE'
        order by key_result.id limit {MAX_KEY_RESULTS_COACHED}
    ) own
    order by own.objective_id, own.id
"""
OBJECTIVES_OF_KEY_RESULTS = """
    select id, objective_id from key_result where organization_id = $1 and id = any($2::uuid[])
"""
PARENTS = f"""
    select edge.child_id, above.id, above.title, above.team_id, above.cycle_id, above.state
    from alignment edge
    join objective above on above.id = {PARENT_OBJECTIVE.format(edge="edge")} and {{visible:above}}
    where edge.organization_id = $1 and edge.child_id = any($2::uuid[])
    order by edge.child_id, above.id
"""
# Beneath another objective of the same team and cycle: then it is a part of that one.
IS_PART = f"""
    (select true from alignment edge
     join objective above on above.id = {PARENT_OBJECTIVE.format(edge="edge")} and {{visible:above}}
     where edge.organization_id = $1 and edge.child_id = row.id
         and above.team_id = row.team_id and above.cycle_id = row.cycle_id and above.state in {OPEN}
     limit 1)
"""
# For each team in a cycle; `$4` is an objective that does not count, or null.
TEAMS = f"""
    select asked.team_id, asked.cycle_id, team.name, counted.*, past.*
    from unnest($2::uuid[], $3::uuid[]) asked(team_id, cycle_id)
    join team on team.organization_id = $1 and team.id = asked.team_id
    cross join lateral (
        select count(*) as objectives, count(*) filter (where kind = 'ASPIRATIONAL') as aspirational
        from (
            select row.kind from objective row
            where {{visible:row}} and row.team_id = asked.team_id and row.cycle_id = asked.cycle_id
                and row.state in {OPEN} and row.id is distinct from $4::uuid and {IS_PART} is null
            limit {MAX_OBJECTIVES_COUNTED}
        ) own
    ) counted
    cross join lateral (
        select count(*) as past_aspirational, count(*) filter (where score >= 1 - 1e-9) as past_reached
        from (
            select row.score_at_end as score from objective row
            where {{visible:row}} and row.team_id = asked.team_id and row.kind = 'ASPIRATIONAL'
                and row.state = 'CLOSED' and row.score_at_end is not null
            order by row.id desc limit {MAX_PAST_OBJECTIVES_COUNTED}
        ) closed
    ) past
"""
OWNERS = f"""
    select asked.owner_id, asked.cycle_id, person.name, counted.*
    from unnest($2::uuid[], $3::uuid[]) asked(owner_id, cycle_id)
    join person on person.organization_id = $1 and person.id = asked.owner_id
    cross join lateral (
        select count(*) as objectives
        from (
            select from objective row
            where {{visible:row}} and row.owner_id = asked.owner_id and row.cycle_id = asked.cycle_id
                and row.state in {OPEN} and row.id is distinct from $4::uuid
            limit {MAX_OBJECTIVES_COUNTED}
        ) own
    ) counted
"""
# Objectives of the teams above a team, in a cycle or one that encloses it.
ABOVE = f"""
    select asked.team_id, asked.cycle_id, counted.objectives
    from unnest($2::uuid[], $3::uuid[]) asked(team_id, cycle_id)
    cross join lateral (
        with recursive teams(id) as (
            select parent_id from team where organization_id = $1 and id = asked.team_id
            union
            select team.parent_id from teams
            join team on team.organization_id = $1 and team.id = teams.id
        ), cycles(id) as (
            select asked.cycle_id
            union
            select cycle.parent_id from cycles
            join cycle on cycle.organization_id = $1 and cycle.id = cycles.id
        )
        select count(*) as objectives
        from (
            select from teams
            join objective row on row.team_id = teams.id and {{visible:row}} and row.state in {OPEN}
                and row.cycle_id in (select id from cycles)
            limit {MAX_OBJECTIVES_COUNTED}
        ) found
    ) counted
"""
# Titles of a cycle that a full-text query finds, by what was asked. `is not distinct from` keeps PostgreSQL
# from reading the whole cycle by its index, as it does while the table is not analysed.
SIMILAR = f"""
    select asked.place, found.id, found.title
    from unnest($2::int[], $3::uuid[], $4::text[]) asked(place, cycle_id, words)
    cross join lateral (
        select id, title
        from (
            select row.id, row.title from objective row
            where {{visible:row}} and row.cycle_id is not distinct from asked.cycle_id
                and row.state in {EDITABLE}
                and {TITLE_WORDS.format(title="row.title")} @@ asked.words::tsquery
            limit {MAX_TITLES_MATCHED}
        ) matched
        order by id limit {MAX_TITLES_COMPARED}
    ) found
    order by asked.place, found.id
"""
# What a draft may refer to. Of a key result, title, place and state are those of its objective.
REFERRED = """
    select 'PERSON' as type, id, external_id, null as title, null::uuid as objective_id,
        null::uuid as team_id, null::uuid as cycle_id, null as state, null::date as starts_on,
        null::date as ends_on, null::timestamptz as starts_at, null::timestamptz as ends_at
    from person where organization_id = $1 and (id = any($2::uuid[]) or external_id = any($3::text[]))
    union all
    select 'TEAM', id, external_id, null, null, null, null, null, null, null, null, null
    from team where organization_id = $1 and (id = any($2::uuid[]) or external_id = any($3::text[]))
    union all
    select 'PRIORITY', id, external_id, null, null, null, null, null, null, null, null, null
    from priority where organization_id = $1 and not removed
        and (id = any($2::uuid[]) or external_id = any($3::text[]))
    union all
    select 'METRIC', id, external_id, null, null, null, null, null, null, null, null, null
    from metric where organization_id = $1 and not removed
        and (id = any($2::uuid[]) or external_id = any($3::text[]))
    union all
    select 'CYCLE', id, external_id, null, null, null, null, null, starts_on, ends_on, starts_at, ends_at
    from cycle where organization_id = $1 and (id = any($2::uuid[]) or external_id = any($3::text[]))
    union all
    select 'OBJECTIVE', row.id, row.external_id, row.title, row.id, row.team_id, row.cycle_id, row.state,
        null, null, null, null
    from objective row
    where {visible:row} and (row.id = any($2::uuid[]) or row.external_id = any($3::text[]))
    union all
    select 'KEY_RESULT', own.id, own.external_id, row.title, row.id, row.team_id, row.cycle_id, row.state,
        null, null, null, null
    from key_result own
    join objective row on row.id = own.objective_id and {visible:row}
    where own.organization_id = $1 and (own.id = any($2::uuid[]) or own.external_id = any($3::text[]))
"""

# ── Of cycles: `$3` is a team, or null for all ──

CYCLES = """
    select id, starts_on, ends_on, starts_at, ends_at from cycle
    where organization_id = $1 and id = any($2::uuid[]) and state in ('DRAFT', 'ACTIVE')
"""
CYCLE_TEAMS = f"""
    select row.cycle_id, row.team_id, team.name, count(*) as objectives,
        count(*) filter (where row.kind = 'ASPIRATIONAL') as aspirational
    from objective row
    join team on team.organization_id = $1 and team.id = row.team_id
    where {{visible:row}} and row.cycle_id = any($2::uuid[]) and row.state in {OPEN}
        and ($3::uuid is null or row.team_id = $3) and {IS_PART} is null
    group by row.cycle_id, row.team_id, team.name
    having count(*) > 2
    order by row.cycle_id, row.team_id limit {MAX_GROUPS_COACHED}
"""
CYCLE_OWNERS = f"""
    select row.cycle_id, row.owner_id, person.name, count(*) as objectives
    from objective row
    join person on person.organization_id = $1 and person.id = row.owner_id
    where {{visible:row}} and row.cycle_id = any($2::uuid[]) and row.state in {OPEN}
    group by row.cycle_id, row.owner_id, person.name
    having count(*) > 2 and ($3::uuid is null or bool_or(row.team_id = $3))
    order by row.cycle_id, row.owner_id limit {MAX_GROUPS_COACHED}
"""
CYCLE_TITLES = f"""
    select row.cycle_id, (array_agg(row.id order by row.id))[:{MAX_SAME_TITLES}] as ids,
        (array_agg(row.title order by row.id))[:{MAX_SAME_TITLES}] as titles
    from objective row
    where {{visible:row}} and row.cycle_id = any($2::uuid[]) and row.state in {EDITABLE}
    group by row.cycle_id, lower(row.title)
    having count(*) > 1 and ($3::uuid is null or bool_or(row.team_id = $3))
    order by row.cycle_id, ids limit {MAX_GROUPS_COACHED}
"""
CYCLE_DRAFTS = f"""
    select row.cycle_id, row.id, row.title,
        {recorded("objective_version")["first_recorded_at"].format(row="row")} as drafted_at
    from objective row
    where {{visible:row}} and row.cycle_id = any($2::uuid[]) and row.state = 'DRAFT'
        and ($3::uuid is null or row.team_id = $3)
    order by row.cycle_id, row.id limit {MAX_GROUPS_COACHED}
"""
