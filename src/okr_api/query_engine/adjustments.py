"""Adjustments of the plan of a cycle as a view: what was retargeted, paused, dropped or replaced, and why.

Revisions are those that key results keep. The others are read from the feed, for as long as it keeps its
changes. Only what came after the cycle had begun adjusts it. Of several at one instant, changes come first,
the latest of them before the others.
"""

from datetime import datetime

from okr_api.okr.adjustment import ADJUSTING, OF_CHANGES, AdjustmentKind
from okr_api.store.hidden_rows import UNPUBLISHED_OBJECTIVE

from .field_sources import Ordering

PUBLISHED = f"not {UNPUBLISHED_OBJECTIVE.format(row='holder')}"
_KINDS = " ".join(f"when '{kind}' then '{adjusts}'" for kind, adjusts in OF_CHANGES.items())
_KIND = f"case change.kind {_KINDS} end"
_LATER_FIRST = "lpad(to_hex((1::bigint << 60) - change.seq), 32, '0')::uuid"
_BEGUN = """
    (select min(version.seq) from cycle_version version
     where version.organization_id = holder.organization_id and version.id = holder.cycle_id
         and version.state <> 'DRAFT')
"""
_CHANGES = f"""
    select change.organization_id, {_LATER_FIRST} as id, holder.cycle_id, holder.id as objective_id,
        change.node_type, change.node_id, change.recorded_at as at, {_KIND} as kind,
        change.author_name, change.author_person_id, change.reason, null::jsonb as revision
    from change
    left join key_result part on part.organization_id = change.organization_id and part.id = change.node_id
    join objective holder on holder.organization_id = change.organization_id
        and holder.id = coalesce(part.objective_id, change.node_id)
    where change.kind in ({ADJUSTING}) and {PUBLISHED} and change.seq > {_BEGUN}
"""
_REVISIONS = f"""
    select part.organization_id, md5(concat(part.id, revised.place))::uuid, holder.cycle_id, holder.id,
        'KEY_RESULT', part.id, (revised.value ->> 'at')::timestamptz, '{AdjustmentKind.RETARGETED}',
        revised.value ->> 'author_name', (revised.value ->> 'author_person_id')::uuid,
        revised.value ->> 'reason', revised.value
    from objective holder
    join key_result part on part.organization_id = holder.organization_id and part.objective_id = holder.id
        and part.target_revisions <> '[]'
    cross join lateral jsonb_array_elements(part.target_revisions) with ordinality revised(value, place)
    where {PUBLISHED}
"""
ADJUSTMENTS = f"({_CHANGES} union all {_REVISIONS})"
NEWEST_FIRST = Ordering("{row}.at", descending=True, kind=datetime, name="AT")
