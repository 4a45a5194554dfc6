"""List the nodes that each change touches, by node; deltas are kept as the JSON text that was written."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# One statement, so that the table is rewritten once.
TO_TEXT = """
    alter table change alter column deltas type json using deltas::text::json,
        add column related_ids uuid[] not null default '{}'
"""
# What each change edited or checked in on, by the versions that it made, and the objectives of key results.
RELATED = """
    with edited as (
        select organization_id, seq, id from person_version
        union all select organization_id, seq, id from team_version
        union all select organization_id, seq, id from team_membership_version
        union all select organization_id, seq, id from cycle_version
        union all select organization_id, seq, id from objective_version
        union all select organization_id, seq, unnest(array[
            id, objective_id, lag(objective_id) over (partition by organization_id, id order by seq)
        ]) from key_result_version
        union all select change.organization_id, change.seq, unnest(array[said.key_result_id, (
            select objective_id from key_result_version version
            where version.organization_id = change.organization_id and version.id = said.key_result_id
                and version.seq <= change.seq
            order by version.seq desc limit 1
        )])
        from change cross join unnest(change.check_in_ids) given(id)
        join check_in said on said.organization_id = change.organization_id and said.id = given.id
    )
    update change set related_ids = array_remove(array_remove(related.ids, change.node_id), null)
    from (select organization_id, seq, array_agg(distinct id) as ids from edited group by 1, 2) related
    where related.organization_id = change.organization_id and related.seq = change.seq
"""
LIST = """
    insert into change_node (organization_id, node_id, is_direct, seq)
    select change.organization_id, node.id, bool_or(node.is_direct), change.seq
    from change cross join lateral (
        select change.node_id, true
        union all select unnest(change.related_ids), true
        union all select (json_array_elements(change.deltas) ->> 'node_id')::uuid, false
    ) node(id, is_direct)
    group by change.organization_id, change.seq, node.id
"""


def upgrade() -> None:
    op.execute(TO_TEXT)
    op.alter_column("change", "related_ids", server_default=None)
    op.execute(RELATED)
    op.create_table(
        "change_node",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("is_direct", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "node_id", "is_direct", "seq"),
    )
    op.execute(LIST)


def downgrade() -> None:
    op.drop_table("change_node")
    op.drop_column("change", "related_ids")
    op.execute("alter table change alter column deltas type jsonb using deltas::jsonb")
