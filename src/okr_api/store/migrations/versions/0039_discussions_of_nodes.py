"""Changes of comments and reactions list what these are on, and the key result and objective of that."""

from collections.abc import Sequence

from alembic import op

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DISCUSSED = """
    create temporary table discussed on commit drop as
    select change.organization_id, change.seq, array(
        select distinct id from unnest(array[
            felt.comment_id, said.id, blocked.id, decided.id, tried.id, learned.id, part.id, held.objective_id
        ]) id
        where id is not null and not id = any(change.related_ids)
    ) as ids
    from change
    left join reaction felt on felt.organization_id = change.organization_id
        and felt.id = change.node_id and change.node_type = 'REACTION'
    left join comment remark on remark.organization_id = change.organization_id
        and remark.id = coalesce(felt.comment_id, change.node_id)
    left join check_in said on said.organization_id = change.organization_id
        and said.id = coalesce(remark.check_in_id, felt.check_in_id)
    left join roadblock blocked on blocked.organization_id = change.organization_id
        and blocked.id = coalesce(remark.roadblock_id, felt.roadblock_id)
    left join decision decided on decided.organization_id = change.organization_id
        and decided.id = coalesce(remark.decision_id, felt.decision_id)
    left join experiment tried on tried.organization_id = change.organization_id
        and tried.id = coalesce(remark.experiment_id, felt.experiment_id)
    left join lesson learned on learned.organization_id = change.organization_id
        and learned.id = coalesce(remark.lesson_id, felt.lesson_id)
    left join key_result part on part.organization_id = change.organization_id and part.id = coalesce(
        remark.key_result_id, felt.key_result_id, said.key_result_id, blocked.key_result_id,
        decided.key_result_id, tried.key_result_id, learned.key_result_id)
    cross join lateral (select coalesce(
        part.objective_id, remark.objective_id, felt.objective_id, said.objective_id, blocked.objective_id,
        decided.objective_id, learned.objective_id
    )) held(objective_id)
    where change.node_type in ('COMMENT', 'REACTION')
"""
RELATE = """
    update change set related_ids = change.related_ids || discussed.ids
    from discussed
    where change.organization_id = discussed.organization_id and change.seq = discussed.seq
        and discussed.ids <> '{}'
"""
LIST = """
    insert into change_node (organization_id, node_id, is_direct, seq)
    select discussed.organization_id, node.id, true, discussed.seq
    from discussed cross join lateral unnest(discussed.ids) node(id)
    on conflict do nothing
"""


def upgrade() -> None:
    for statement in (DISCUSSED, RELATE, LIST):
        op.execute(statement)


def downgrade() -> None:
    """Keep what is listed: it does no harm before this migration."""
