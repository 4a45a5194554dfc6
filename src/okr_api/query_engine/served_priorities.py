"""SQL of the priorities that objectives serve and of the reverse; progress of priorities in a cycle.

An objective serves a priority if it, or an objective above it, names one. What an objective names that was
never published is its own: it is not handed down to those beneath it. Lists are of what the viewer sees: what
a restricted objective names is not handed down for those who do not see it. The progress counts everything.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from okr_api.okr.computed_values import ProgressReason
from okr_api.scoring.priority import PriorityPart, progress_of_priority
from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE
from okr_api.store.tree_edges import PARENT_OBJECTIVE, edges_beneath

from .snapshot import Snapshot

COUNTS = "{row}.state in ('PUBLISHED', 'CLOSED')"  # as `Objective.counts`
PUBLISHED = f"not {UNPUBLISHED_OBJECTIVE}"
HANDED_DOWN = f"({PUBLISHED} and not {{{{restricted:{{row}}}}}})"  # format it once for the row, then fill it
CONTRIBUTES = "edge.kind = 'CONTRIBUTES'"


def above(starts: str) -> str:
    """Return a recursive query for objectives and all above them: `start` and `id`, from the starts on."""
    return f"""
        above(start, id) as (
            {starts}
            union
            select above.start, {PARENT_OBJECTIVE.format(edge="edge")}
            from above join alignment edge on edge.organization_id = $1 and edge.child_id = above.id
        )
    """


def _naming(priorities: str, condition: str) -> str:
    """Return a query for the objectives that name priorities, an array of ids, as `priority` and `id`."""
    return f"""
        select asked.id as priority, named.id from unnest({priorities}) asked(id)
        join objective named on named.organization_id = $1 and named.priority_ids @> array[asked.id]
            and {condition.format(row="named")}
    """


def _beneath(found: str, edges: str = "true") -> str:
    """Return a query for the objectives directly beneath those found, by alignments that meet `edges`."""
    below = edges_beneath(f"= {found}.id")
    return f"select {found}.priority, edge.child_id from {found} join lateral ({below}) edge on {edges}"


# Join for an objective as `node`, if it is of one of the `enclosing` cycles; whether it counts in cycle $3.
_ENCLOSED = """
    join objective node on node.organization_id = $1 and node.id = {id}
        and node.cycle_id in (select id from enclosing)
"""
_COUNTED_IN_CYCLE = f"node.cycle_id = $3 and {COUNTS.format(row='node')}"


# Join for the objectives that serve the priorities `{parents}`, as `{row}`; each once.
SERVING = f"""
    join (
        with recursive served(priority, id) as (
            {_naming("{parents}", HANDED_DOWN)} union {_beneath("served")}
        )
        select priority, id from served
        union
        {_naming("{parents}", UNPUBLISHED_OBJECTIVE)}
    ) serves on serves.id = {{row}}.id
"""
# Join for the priorities that the objectives `{parents}` serve, as `{row}`; each once.
SERVED = f"""
    join (
        with recursive {above("select started, started from unnest({parents}) started")}
        select distinct above.start, priority
        from above
        join objective holder on holder.organization_id = $1 and holder.id = above.id
            and (above.id = above.start or {HANDED_DOWN.format(row="holder")})
        cross join unnest(holder.priority_ids) priority
    ) serves on serves.priority = {{row}}.id
"""
# Of the counting objectives of the cycle $3 that name a priority of $2 or contribute to one that does, even
# through others, those that contribute to no other of them. Contributions lead to the cycle itself and to
# enclosing ones. Going down stops at what counts: what is beneath that is not top-most.
TOP_MOST = f"""
    with recursive enclosing(id, parent_id) as (
        select id, parent_id from cycle where organization_id = $1 and id = $3
        union
        select outer_one.id, outer_one.parent_id from enclosing
        join cycle outer_one on outer_one.organization_id = $1 and outer_one.id = enclosing.parent_id
    ),
    served(priority, id, counts) as (
        select naming.priority, naming.id, {_COUNTED_IN_CYCLE}
        from ({_naming("$2::uuid[]", PUBLISHED)}) naming {_ENCLOSED.format(id="naming.id")}
        union
        select below.priority, below.child_id, {_COUNTED_IN_CYCLE}
        from (
            {_beneath("served", f"{CONTRIBUTES} and not served.counts")}
        ) below {_ENCLOSED.format(id="below.child_id")}
    ),
    counted as (select priority, id from served where counts),
    over(priority, start, id) as (
        select priority, id, id from counted
        union
        select over.priority, over.start, node.id from over
        join alignment edge on edge.organization_id = $1 and edge.child_id = over.id and {CONTRIBUTES}
        {_ENCLOSED.format(id=PARENT_OBJECTIVE.format(edge="edge"))}
    )
    select top_most.priority, part.progress, part.progress_reason
    from (
        select priority, id from counted
        except
        select over.priority, over.start from over
        join counted on counted.priority = over.priority and counted.id = over.id and over.id <> over.start
    ) top_most
    join objective part on part.organization_id = $1 and part.id = top_most.id
"""


async def progress_in_cycle(
    snapshot: Snapshot, priorities: Sequence[Any], cycle_id: UUID | None
) -> Mapping[Any, float | None]:
    """Return the progress of priorities in a cycle, by priority; none for those without parts."""
    parts: defaultdict[Any, list[PriorityPart]] = defaultdict(list)
    if cycle_id is not None:
        for row in await snapshot.fetch(TOP_MOST, list(dict.fromkeys(priorities)), cycle_id):
            reason = row["progress_reason"]
            part = PriorityPart(row["progress"], ProgressReason(reason) if reason else None)
            parts[row["priority"]].append(part)
    return {priority: progress_of_priority(found) for priority, found in parts.items()}
