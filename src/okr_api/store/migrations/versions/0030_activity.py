"""Changes of a person by an index; changes of initiatives and dependencies list what these belong to."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BELONGS_TO = """
    create temporary table belongs_to on commit drop as
    select change.organization_id, change.seq, array(
        select distinct id from unnest(array[part.id, coalesce(part.objective_id, held.objective_id)]) id
        where id is not null
    ) as ids
    from change
    left join initiative on initiative.organization_id = change.organization_id
        and initiative.id = change.node_id and change.node_type = 'INITIATIVE'
    left join dependency on dependency.organization_id = change.organization_id
        and dependency.id = change.node_id and change.node_type = 'DEPENDENCY'
    left join key_result part on part.organization_id = change.organization_id
        and part.id = coalesce(initiative.key_result_id, dependency.needing_key_result_id)
    cross join lateral (
        select coalesce(initiative.objective_id, dependency.needing_objective_id)
    ) held(objective_id)
    where change.node_type in ('INITIATIVE', 'DEPENDENCY')
"""
RELATE = """
    update change set related_ids = change.related_ids || belongs_to.ids
    from belongs_to
    where change.organization_id = belongs_to.organization_id and change.seq = belongs_to.seq
"""
LIST = """
    insert into change_node (organization_id, node_id, is_direct, seq)
    select belongs_to.organization_id, node.id, true, belongs_to.seq
    from belongs_to cross join lateral unnest(belongs_to.ids) node(id)
    on conflict do nothing
"""


def upgrade() -> None:
    op.create_index(
        "change_author",
        "change",
        ["organization_id", "author_person_id", "seq"],
        postgresql_where=sa.text("author_person_id is not null"),
    )
    for statement in (BELONGS_TO, RELATE, LIST):
        op.execute(statement)


def downgrade() -> None:
    op.drop_index("change_author", "change")
