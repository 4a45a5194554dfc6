"""Never published objectives, hidden from all but editors: SQL conditions.

Each condition is on a `{row}` of the table in its name; `Objective.is_unpublished` is the rule.
"""

from .bulk_write import Row
from .tree_edges import PARENT_OBJECTIVE

UNPUBLISHED_OBJECTIVE = "({row}.state = 'DRAFT' or {row}.is_dropped_draft)"
UNPUBLISHED_KEY_RESULT = f"""
    (select {UNPUBLISHED_OBJECTIVE.format(row="holder")} from objective holder
     where holder.organization_id = {{row}}.organization_id and holder.id = {{row}}.objective_id)
"""
UNPUBLISHED_CHECK_IN = f"""
    (select {UNPUBLISHED_OBJECTIVE.format(row="holder")} from key_result asked
     join objective holder on holder.organization_id = asked.organization_id
         and holder.id = asked.objective_id
     where asked.organization_id = {{row}}.organization_id and asked.id = {{row}}.key_result_id)
"""
UNPUBLISHED_ALIGNMENT = f"""
    exists (select from objective ends
            where ends.organization_id = {{row}}.organization_id
                and {UNPUBLISHED_OBJECTIVE.format(row="ends")}
                and ends.id in ({{row}}.child_id, {PARENT_OBJECTIVE.format(edge="{row}")}))
"""
OF_UNPUBLISHED = f"""
    select node from unnest($2::uuid[]) node
    left join check_in said on said.organization_id = $1 and said.id = node
    left join key_result asked
        on asked.organization_id = $1 and asked.id = coalesce(said.key_result_id, node)
    join objective draft on draft.organization_id = $1 and draft.id = coalesce(asked.objective_id, node)
    where {UNPUBLISHED_OBJECTIVE.format(row="draft")}
"""


def is_unpublished(row: Row) -> bool:
    """Return whether the objective in a row was never published."""
    return row["state"] == "DRAFT" or bool(row["is_dropped_draft"])
