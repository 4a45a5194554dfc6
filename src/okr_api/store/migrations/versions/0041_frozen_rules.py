"""Rules of closed cycles: what they are under now, which their numbers follow from; bands are stored."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0041"
down_revision: str | None = "0040"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The release before recomputed closed cycles by each new time zone and calendar of holidays, so that their
# numbers follow from the present ones. What the clock has moved since they were closed stays as it is now.
FREEZE = """
    update cycle set rules = jsonb_build_object(
        'version', 1,
        'at', to_char(greatest(now(), ends_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
        'time_zone', organization.time_zone,
        'holiday_calendar', organization.holiday_calendar,
        'pending_share', 0.05, 'on_track_gap', 0.10, 'at_risk_gap', 0.25,
        'yellow_from', 0.4, 'green_from', 0.7,
        'objective_count', (select count(*) from objective where {counted}),
        'aligned_count', (select count(*) from objective where {counted} and (
            cardinality(priority_ids) > 0 or stands_alone_reason is not null or exists (
                select from alignment edge
                left join key_result part
                    on part.organization_id = edge.organization_id and part.id = edge.parent_key_result_id
                join objective parent on parent.organization_id = edge.organization_id
                    and parent.id = coalesce(edge.parent_objective_id, part.objective_id)
                where edge.organization_id = objective.organization_id and edge.child_id = objective.id
                    and parent.state <> 'DRAFT' and not parent.is_dropped_draft)))
    )
    from organization
    where organization.id = cycle.organization_id and cycle.state = 'CLOSED'
""".format(
    counted="objective.organization_id = cycle.organization_id and objective.cycle_id = cycle.id"
    " and objective.state in ('PUBLISHED', 'CLOSED')"
)
FREEZE_VERSIONS = """
    update cycle_version version set rules = cycle.rules
    from cycle
    where cycle.organization_id = version.organization_id and cycle.id = version.id and cycle.rules is not null
        and version.seq = (
            select max(seq) from cycle_version latest
            where latest.organization_id = version.organization_id and latest.id = version.id)
"""
STOP_THE_CLOCK = """
    derived_statuses = node.derived_statuses[1 : 1 + width_bucket(frozen.at, node.derived_turns)],
    derived_turns = node.derived_turns[1 : width_bucket(frozen.at, node.derived_turns)],
    statuses = node.statuses[1 : 1 + width_bucket(frozen.at, node.status_turns)],
    status_turns = node.status_turns[1 : width_bucket(frozen.at, node.status_turns)],
    reported_until = case when node.reported_until > frozen.at then '2201-01-01T00:00:00Z'
        else node.reported_until end
"""
BAND = """
    case when holder.kind = 'LEARNING' or node.final_score is null then null
        when {score} >= 0.7::float8 - 1e-9::float8 then 'GREEN'
        when {score} >= 0.4::float8 - 1e-9::float8 then 'YELLOW' else 'RED' end
"""
FROZEN = """
    join cycle on cycle.organization_id = holder.organization_id and cycle.id = holder.cycle_id
    cross join lateral (select (cycle.rules ->> 'at')::timestamptz as at) frozen
"""
FREEZE_NUMBERS = (
    f"""
    update key_result node set band = {BAND.format(score="node.final_score")}, {STOP_THE_CLOCK}
    from objective holder {FROZEN}
    where node.organization_id = holder.organization_id and node.objective_id = holder.id
        and cycle.rules is not null
    """,
    f"""
    update objective node set band = {BAND.format(score="node.final_floor")}, {STOP_THE_CLOCK}
    from objective holder {FROZEN}
    where node.organization_id = holder.organization_id and node.id = holder.id and cycle.rules is not null
    """,
)


def upgrade() -> None:
    for table in ("cycle", "cycle_version"):
        op.add_column(table, sa.Column("rules", JSONB(), nullable=True))
    for table in ("key_result", "objective"):
        op.add_column(table, sa.Column("band", sa.Text(), nullable=True))
    op.add_column("key_result", sa.Column("part_values", sa.ARRAY(sa.Double()), nullable=True))
    op.execute(FREEZE)
    op.execute(FREEZE_VERSIONS)
    for statement in FREEZE_NUMBERS:
        op.execute(statement)
    for table in ("key_result", "objective"):
        op.create_check_constraint(f"{table}_band", table, "band in ('RED', 'YELLOW', 'GREEN')")


def downgrade() -> None:
    op.drop_column("key_result", "part_values")
    for table in ("key_result", "objective"):
        op.drop_column(table, "band")
    for table in ("cycle", "cycle_version"):
        op.drop_column(table, "rules")
