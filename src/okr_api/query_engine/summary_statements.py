"""SQL of cycle summaries: reviewed cycles, equal facts together by cycle and team, joins of their lists."""

from .served_priorities import COUNTS

# The cycles of $2 that are in review or closed, with when they were closed for the last time.
REVIEWED = """
    select asked.id, case when asked.state = 'CLOSED' then (
        select min(version.recorded_at) from cycle_version version
        where version.organization_id = $1 and version.id = asked.id and version.seq > coalesce((
            select max(earlier.seq) from cycle_version earlier
            where earlier.organization_id = $1 and earlier.id = asked.id and earlier.state <> 'CLOSED'
        ), 0)
    ) end as closed_at
    from cycle asked
    where asked.organization_id = $1 and asked.id = any($2::uuid[]) and asked.state in ('REVIEW', 'CLOSED')
    order by asked.id
"""
# The counting objectives of the cycles $2; `shown` says whether the viewer sees them. Band and outcome are
# those of a closed cycle.
OBJECTIVES = f"""
    select facts.*, team.name as team_name
    from (
        select cycle_id, team_id, kind, final_score, final_floor, coverage, guard_rail_broken, band, outcome,
            shown, count(*)::int as count
        from (
            select counted.cycle_id, counted.team_id, counted.kind, counted.final_score,
                counted.final_floor, counted.coverage, counted.guard_rail_broken, counted.band,
                counted.outcome, not {{restricted:counted}} as shown
            from objective counted
            where counted.organization_id = $1 and counted.cycle_id = any($2::uuid[])
                and {COUNTS.format(row="counted")}
        ) fact
        group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    ) facts
    left join team on team.organization_id = $1 and team.id = facts.team_id
"""
# Their key results in force: those that count and are scored, those with an eased target, and guard-rails.
KEY_RESULTS = f"""
    select cycle_id, team_id, is_scored, is_eased, is_guard_rail, final_score, band, score_at_end,
        original_score_at_end, broken_budget, held_share_at_end, count(*)::int as count
    from (
        select cycle_id, team_id, is_scored, is_eased, is_guard_rail,
            case when is_scored then final_score end as final_score,
            case when is_scored then band end as band,
            case when is_eased then score_at_end end as score_at_end,
            case when is_eased then original_score_at_end end as original_score_at_end,
            case when is_guard_rail then broken_budget end as broken_budget,
            case when is_guard_rail then held_share_at_end end as held_share_at_end
        from (
            select holder.cycle_id, holder.team_id, part.final_score, part.band, part.score_at_end,
                part.original_score_at_end, part.broken_budget, part.held_share_at_end,
                part.weight > 0 and holder.kind <> 'LEARNING' as is_scored,
                part.weight > 0 and part.target_revisions <> '[]'
                    and part.target_revisions @> '[{{{{"eased": true}}}}]' as is_eased,
                part.role = 'GUARD_RAIL' as is_guard_rail
            from objective holder
            join key_result part on part.organization_id = $1 and part.objective_id = holder.id
                and part.state = 'ACTIVE'
            where holder.organization_id = $1 and holder.cycle_id = any($2::uuid[])
                and {COUNTS.format(row="holder")}
        ) part
        where is_scored or is_eased or is_guard_rail
    ) fact
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""
# Joins for the reviews, and the lessons, of objectives of the cycles `{parents}`, as `{row}`.
CELEBRATIONS = """
    join objective reviewed on reviewed.organization_id = $1 and reviewed.id = {row}.objective_id
        and reviewed.cycle_id = any({parents}::uuid[])
"""
LESSONS = """
    join (
        select learned.id as lesson_id, holder.cycle_id
        from objective holder
        join lesson learned on learned.organization_id = $1 and learned.objective_id = holder.id
        where holder.organization_id = $1 and holder.cycle_id = any({parents}::uuid[])
        union all
        select learned.id, holder.cycle_id
        from objective holder
        join key_result part on part.organization_id = $1 and part.objective_id = holder.id
        join lesson learned on learned.organization_id = $1 and learned.key_result_id = part.id
        where holder.organization_id = $1 and holder.cycle_id = any({parents}::uuid[])
    ) found on found.lesson_id = {row}.id
"""
