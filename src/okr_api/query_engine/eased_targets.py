"""Eased targets: revisions of a cycle's key results by which a target came nearer."""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE

from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_EASED_TARGETS = 100  # that are listed, the latest
EASED = f"""
    select * from (
        select *, count(*) over (partition by cycle_id) as total,
            count(*) filter (where shown) over (partition by cycle_id) as shown_count,
            row_number() over (
                partition by cycle_id, shown order by at desc, key_result_id, place desc
            ) as row
        from (
            select holder.cycle_id, eased.id as key_result_id, revision.value as revision, revision.place,
                (revision.value ->> 'at')::timestamptz as at,
                ({{hidden:holder}}) is not true as shown
            from objective holder
            join key_result eased on eased.organization_id = $1 and eased.objective_id = holder.id
                and eased.target_revisions <> '[]'
            cross join lateral jsonb_array_elements(eased.target_revisions)
                with ordinality revision(value, place)
            where holder.organization_id = $1 and holder.cycle_id = any($2::uuid[])
                and not {UNPUBLISHED_OBJECTIVE.format(row="holder")}
                and (revision.value -> 'eased')::boolean
        ) found
    ) placed
    where row <= {MAX_EASED_TARGETS}
    order by cycle_id, row
"""


async def load_eased_targets(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, Mapping[str, Any]]:
    """Return the revisions that eased targets of key results in cycles, the latest first, by cycle."""
    found: dict[Any, dict[str, Any]] = {id: {"nodes": [], "total_count": 0, "hidden_count": 0} for id in ids}
    for row in await fetch_visible(snapshot, EASED, list(found)):
        of = found[row["cycle_id"]]
        of["total_count"], of["hidden_count"] = row["total"], row["total"] - row["shown_count"]
        if row["shown"]:
            of["nodes"].append({"key_result_id": row["key_result_id"], "revision": row["revision"]})
    return found
