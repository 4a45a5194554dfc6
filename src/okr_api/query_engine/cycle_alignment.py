"""Alignment of cycles: count objectives that serve something; SQL of what is unaligned or without objectives.

An objective is aligned if it serves a parent or a priority, or stands alone with a reason. A parent that was
never published does not count. The share counts everything; the lists are of what the viewer sees: for them
an objective that is restricted to others does not exist.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.store.tree_edges import PARENT_OBJECTIVE

from .served_priorities import COUNTS, HANDED_DOWN, PUBLISHED, above
from .snapshot import Snapshot

ALIGNED = f"""
    (cardinality({{row}}.priority_ids) > 0 or {{row}}.stands_alone_reason is not null or exists (
        select from alignment edge
        join objective parent on parent.organization_id = edge.organization_id
            and parent.id = {PARENT_OBJECTIVE.format(edge="edge")} and %s
        where edge.organization_id = {{row}}.organization_id and edge.child_id = {{row}}.id
    ))
"""
UNALIGNED = f"{COUNTS} and {ALIGNED % HANDED_DOWN.format(row='parent')} is false"
# Join for the active priorities in force, as `{row}`, that no counting objective of the cycles `{parents}`
# serves; a row of a served one has a `served.start`.
UNSERVED = f"""
    join cycle asked on asked.organization_id = $1 and asked.id = any({{parents}})
        and {{row}}.state = 'ACTIVE'
        and coalesce({{row}}.starts_on, asked.ends_on) <= asked.ends_on
        and coalesce({{row}}.ends_on, asked.starts_on) >= asked.starts_on
    left join (
        with recursive {
    above(f'''
            select counted.cycle_id, counted.id from objective counted
            where counted.organization_id = $1 and counted.cycle_id = any({{parents}})
                and {COUNTS.format(row="counted")} and not {{restricted:counted}}
        ''')
}
        select distinct above.start, priority
        from above
        join objective holder on holder.organization_id = $1 and holder.id = above.id
            and {HANDED_DOWN.format(row="holder")}
        cross join unnest(holder.priority_ids) priority
    ) served on served.start = asked.id and served.priority = {{row}}.id
"""
# Join for the teams, as `{row}`, to which no counting objective of the cycles `{parents}` belongs.
WITHOUT_OBJECTIVES = f"""
    join (select distinct unnest({{parents}})) asked(id) on (exists (
        select from objective held
        where held.organization_id = $1 and held.team_id = {{row}}.id and held.cycle_id = asked.id
            and {COUNTS.format(row="held")} and not {{restricted:held}}
    )) is false
"""
ALIGNED_FOR_ALL = (ALIGNED % PUBLISHED.format(row="parent")).format(row="counted")
# Of a closed cycle, as it was counted then.
COUNTED = f"""
    select asked.id,
        coalesce(min((held.rules ->> 'objective_count')::int), count(counted.id)) as objective_count,
        coalesce(
            min((held.rules ->> 'aligned_count')::int), count(counted.id) filter (where {ALIGNED_FOR_ALL})
        ) as aligned_count
    from unnest($2::uuid[]) asked(id)
    join cycle held on held.organization_id = $1 and held.id = asked.id
    left join objective counted on held.rules is null and counted.organization_id = $1
        and counted.cycle_id = asked.id and {COUNTS.format(row="counted")}
    group by asked.id
"""


async def alignment_of_cycles(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, dict[str, Any]]:
    """Return the number of counting objectives of cycles and of those that are aligned, by cycle."""
    rows = await snapshot.fetch(COUNTED, list(dict.fromkeys(ids)))
    return {row["id"]: dict(row) for row in rows}
