"""Snapshots of key results for check-ins on their objective: what check-ins on them said by then, and before.

They are computed when read, from the check-ins that stand now: a value that was corrected later is corrected
here as well. `before` is the latest check-in on the objective that stands and is effective before this one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.store.tree_statements import LIVE

from .snapshot import Snapshot

MAX_KEY_RESULT_SNAPSHOTS = 100  # of a check-in, by the key results' ids


def _latest(columns: str, condition: str, until: str) -> str:
    """Return a subselect of the latest check-in on `part` that is effective by then and says such a thing."""
    return f"""
        left join lateral (
            select {columns} from check_in said
            where said.organization_id = $1 and said.key_result_id = part.id
                and said.effective_at <= {until} and {condition} and {LIVE.format("said")}
            order by said.effective_at desc, said.seq desc, said.place desc limit 1
        )
    """


def _said_by(until: str, name: str) -> str:
    measures = "(said.value is not null or said.milestones_done is not null)"
    measured = f"{measures} and said.definition = part.definition"
    return f"""
        {_latest("value, milestones_done", measured, until)} measured_{name} on true
        {_latest("confidence", "said.confidence is not null", until)} sure_{name} on true
        {_latest("status", "said.status is not null", until)} reported_{name} on true
    """


SNAPSHOTS = f"""
    select at.id as check_in_id, part.id as key_result_id,
        measured_then.value as value, measured_before.value as value_before,
        measured_then.milestones_done as milestones_done,
        measured_before.milestones_done as milestones_done_before,
        sure_then.confidence as confidence, sure_before.confidence as confidence_before,
        reported_then.status as status, reported_before.status as status_before
    from unnest($2::uuid[]) asked(id)
    join check_in at on at.organization_id = $1 and at.id = asked.id and at.objective_id is not null
    left join lateral (
        select earlier.effective_at from check_in earlier
        where earlier.organization_id = $1 and earlier.objective_id = at.objective_id
            and earlier.id is distinct from at.supersedes_id and {LIVE.format("earlier")}
            and (earlier.effective_at, earlier.seq, earlier.place) < (at.effective_at, at.seq, at.place)
        order by earlier.effective_at desc, earlier.seq desc, earlier.place desc limit 1
    ) before on true
    cross join lateral (
        select id, definition from key_result
        where organization_id = $1 and objective_id = at.objective_id
        order by id limit {MAX_KEY_RESULT_SNAPSHOTS}
    ) part
    {_said_by("at.effective_at", "then")}
    {_said_by("before.effective_at", "before")}
    order by at.id, part.id
"""


async def load_snapshots(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, list[dict[str, Any]]]:
    """Return the key results of each check-in on an objective as they stood, by check-in, in order of ids."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in await snapshot.fetch(SNAPSHOTS, list(set(ids))):
        values = dict(row)
        found.setdefault(values.pop("check_in_id"), []).append(values)
    return found
