"""SQL constants of `tree_loader`: objectives above, their parts and edges, cycles, readings that decide."""

from .bulk_write import by_each
from .tree_edges import PARENT_OBJECTIVE

# `offset 0` forces an index lookup for each edge: PostgreSQL could otherwise read all edges in each step.
ABOVE = f"""
    with recursive above(id) as (
        (select unnest($2::uuid[]) union
         select holder.objective_id from unnest($3::uuid[]) asked(id) cross join lateral (
            select objective_id from key_result where organization_id = $1 and id = asked.id offset 0
         ) holder)
        union
        select {PARENT_OBJECTIVE.format(edge="edge")}
        from above cross join lateral (
            select * from alignment where organization_id = $1 and child_id = above.id offset 0
        ) edge
    )
    select array(select id from above)
"""
OBJECTIVES = by_each("objective", "id")
KEY_RESULTS = by_each("key_result", "objective_id")
KEY_RESULTS_NAMED = by_each("key_result", "id")
EDGES = " union all ".join(
    (
        by_each("alignment", "child_id"),
        by_each("alignment", "parent_objective_id"),
        by_each("alignment", "parent_key_result_id", asked="$3::uuid[]"),
    )
)
# The roll-up needs no status of parts that have been measured: see `scoring.rollup`.
UNMEASURED = (
    "case when coverage > 0 then null else statuses end as statuses,"
    " case when coverage > 0 then null else status_turns end as status_turns"
)
KEY_RESULT_PARTS = by_each(
    "key_result",
    "objective_id",
    "id, objective_id, state, role, broken_budget, holds, held_share_at_end, weight, progress,"
    f" progress_reason, coverage, confidence, score_at_end, final_score, lineage, {UNMEASURED}",
)
OBJECTIVE_PARTS = by_each(
    "objective",
    "id",
    "id, state, cycle_id, progress, progress_reason, coverage, confidence, lowest_confidence, score_at_end,"
    f" score_floor, final_score, final_floor, partial, lineage, lineage_id, {UNMEASURED}",
)
DAYS_OF_CYCLES = "select id, starts_at, ends_at from cycle where organization_id = $1"
CYCLES = "select * from cycle where organization_id = $1"
LIVE = """
    not exists (
        select from check_in later
        where later.organization_id = $1 and later.supersedes_id = {0}.id
    ) and {0}.retraction_reason is null
"""
READING = (
    "id, {of}, effective_at, seq, place, definition, value, milestones_done, confidence, status,"
    " author_person_id is not null as by_person"
)
MEETS_SLOTS = "(author_person_id is not null or status is not null or confidence is not null)"
COUNTS = """
    (value is not null or milestones_done is not null)
    and definition = asked.definition and effective_at < asked.ends_at
"""


def _one_reading(condition: str, direction: str, of: str = "key_result_id") -> str:
    return f"""
        (select {READING.format(of=of)} from check_in said
         where said.organization_id = $1 and said.{of} = asked.id and {LIVE.format("said")}
           and {condition}
         order by effective_at {direction}, seq {direction}, place {direction} limit 1)
    """


DECIDING = f"""
    select distinct on (decides.id) decides.*
    from unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::bool[])
        asked(id, definition, ends_at, has_cadence)
    cross join lateral (
        {_one_reading(COUNTS, "asc")}
        union all
        {_one_reading(COUNTS, "desc")}
        union all {_one_reading("true", "desc")}
        union all {_one_reading("status is not null", "desc")}
        union all {_one_reading("confidence is not null", "desc")}
        union all {_one_reading(f"asked.has_cadence and {MEETS_SLOTS}", "desc")}
    ) decides
"""
# The latest check-ins on objectives, and the latest that say something of their status and confidence.
REPORTS = f"""
    select distinct on (decides.id) decides.*
    from unnest($2::uuid[]) asked(id)
    cross join lateral (
        {_one_reading("true", "desc", "objective_id")}
        union all {_one_reading("status is not null", "desc", "objective_id")}
        union all {_one_reading("confidence is not null", "desc", "objective_id")}
        union all {_one_reading(MEETS_SLOTS, "desc", "objective_id")}
    ) decides
"""


def _all_readings(of: str) -> str:
    return f"""
        select found.* from unnest($2::uuid[]) asked(id) cross join lateral (
            select {READING.format(of=of)} from check_in said
            where organization_id = $1 and {of} = asked.id and {LIVE.format("said")} offset 0
        ) found
    """


ALL_READINGS = _all_readings("key_result_id")
ALL_REPORTS = _all_readings("objective_id")
