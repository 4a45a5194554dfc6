"""SQL of what a person owes: work by kind with when it is due, and nodes of which they may owe check-ins.

Parameters are the person `$2`, today's local day `$3` and the number `$4` of rows of each kind.
"""

from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.my_work import WorkKind, WorkReason
from okr_api.store.discussed_nodes import COMMENTS, OBJECTIVE_OF_COMMENT

SLOT_DAYS_BEFORE = 366  # that the due day of an open slot lies before today, at most: a year's grace
SLOT_DAYS_AFTER = 190  # and after it: half a year
# Work on what goes on: not of an objective, the `holder`, or key result, the `part`, that has ended.
GOES_ON = "holder.state not in ('DROPPED', 'CLOSED') and (part.id is null or part.state <> 'DROPPED')"
HOLDER = """
    left join key_result part on part.organization_id = $1 and part.id = said.{prefix}key_result_id
    join objective holder on {{visible:holder}}
        and holder.id = coalesce(said.{prefix}objective_id, part.objective_id)
"""
HELD = HOLDER.format(prefix="")


def _begun(table: str, owed: str) -> str:
    """Return the first of the versions of `said` since which a condition on a `{row}` has always been met."""
    return f"""
        select version.seq, version.recorded_at from {table}_version version
        where version.organization_id = $1 and version.id = said.id and version.seq > coalesce((
            select max(former.seq) from {table}_version former
            where former.organization_id = $1 and former.id = said.id
                and ({owed.format(row="former")}) is not true
        ), -1)
        order by version.seq limit 1
    """


def _work(
    kind: WorkKind,
    table: str,
    owed: str,
    *,
    due_on: str = "null::date",
    joined: str = HELD,
    where: str = GOES_ON,
    reason: str,
    name: str = "null",
) -> str:
    """Return the rows of a kind: those of a table that meet a condition on a `{row}`, as `said`."""
    return f"""
        (select '{kind}' as kind, said.*, begun.recorded_at as since from (
            select said.id, {due_on} as due_on, {reason} as reason, {name} as name, count(*) over () as total,
                count(*) filter (where {due_on} < $3::date) over () as overdue
            from {table} said {joined}
            where said.organization_id = $1 and {owed.format(row="said")} and {where}
            order by due_on, said.id limit $4
        ) said cross join lateral ({_begun(table, owed)}) begun)
    """


_MENTIONED = "{row}.mention_ids @> array[$2::uuid] and not {row}.removed"
_SAME_NODE = " or ".join(f"answer.{column} = said.{column}" for column in DISCUSSED.values())
# The person has written on the same node, or reacted to the comment, after they were mentioned in it.
_ANSWERED = f"""
    exists (
        select from comment answer
        cross join lateral (
            select recorded_at, seq from comment_version
            where organization_id = $1 and id = answer.id order by seq limit 1
        ) written
        where answer.organization_id = $1 and answer.author_person_id = $2 and not answer.removed
            and ({_SAME_NODE})
            and (written.recorded_at, written.seq, answer.id) > (begun.recorded_at, begun.seq, said.id)
    ) or exists (
        select from reaction felt
        cross join lateral (
            select recorded_at from reaction_version
            where organization_id = $1 and id = felt.id order by seq desc limit 1
        ) given
        where felt.organization_id = $1 and felt.comment_id = said.id and felt.person_id = $2
            and not felt.removed and given.recorded_at >= begun.recorded_at
    )
"""
_MENTIONS = f"""
    (select '{WorkKind.MENTION}' as kind, said.id, null::date as due_on, '{WorkReason.MENTIONED}' as reason,
        said.author_name as name, count(*) over () as total, 0::bigint as overdue, begun.recorded_at as since
    from {COMMENTS} said
    cross join lateral ({_begun("comment", _MENTIONED)}) begun
    left join objective holder on {{visible:holder}} and holder.id = {OBJECTIVE_OF_COMMENT.format(row="said")}
    where said.organization_id = $1 and {_MENTIONED.format(row="said")}
        and said.author_person_id is distinct from $2
        and (holder.id is not null or {OBJECTIVE_OF_COMMENT.format(row="said")} is null)
        and not ({_ANSWERED})
    order by begun.recorded_at, said.id limit $4)
"""
# The cycle is `said`, for since when it has been in review.
_IN_REVIEW = "{row}.state = 'REVIEW'"
_REVIEWS = f"""
    (select '{WorkKind.REVIEW}' as kind, holder.id, null::date as due_on,
        '{WorkReason.REVIEW_REQUIRED}' as reason, null as name, count(*) over () as total,
        0::bigint as overdue, begun.recorded_at as since
    from organization
    join objective holder on {{visible:holder}} and holder.owner_id = $2 and holder.state = 'PUBLISHED'
    join cycle said on said.organization_id = $1 and said.id = holder.cycle_id
        and {_IN_REVIEW.format(row="said")}
    cross join lateral ({_begun("cycle", _IN_REVIEW)}) begun
    where organization.id = $1 and organization.review_required and not exists (
        select from review_record review
        where review.organization_id = $1 and review.objective_id = holder.id and not review.removed)
    order by begun.recorded_at, holder.id limit $4)
"""
NODE_TYPES = {
    WorkKind.CHECK_IN_DRAFT: NodeType.CHECK_IN_DRAFT,
    WorkKind.ROADBLOCK: NodeType.ROADBLOCK,
    WorkKind.DECISION: NodeType.DECISION,
    WorkKind.DEPENDENCY: NodeType.DEPENDENCY,
    WorkKind.INITIATIVE: NodeType.INITIATIVE,
    WorkKind.MENTION: NodeType.COMMENT,
    WorkKind.REVIEW: NodeType.OBJECTIVE,
}
_STATEMENTS = (
    _work(
        WorkKind.CHECK_IN_DRAFT,
        "check_in_draft",
        "{row}.assignee_id = $2 and not {row}.removed",
        where=f"{GOES_ON} and not {{of_others:said}}",
        reason=f"'{WorkReason.DRAFT_TO_PUBLISH}'",
        name="said.author_name",
    ),
    _work(
        WorkKind.ROADBLOCK,
        "roadblock",
        "({row}.owner_id = $2 or {row}.escalated_to_id = $2) and {row}.state = 'OPEN' and not {row}.removed",
        due_on="said.due_on",
        reason=f"case when said.owner_id = $2 then '{WorkReason.OWNS_ROADBLOCK}'"
        f" else '{WorkReason.ROADBLOCK_ESCALATED}' end",
    ),
    _work(
        WorkKind.DECISION,
        "decision",
        "{row}.owner_id = $2 and {row}.state = 'OPEN' and not {row}.removed",
        due_on="said.due_on",
        joined=HELD.replace("join objective", "left join objective"),
        where="(holder.id is not null or num_nonnulls(said.objective_id, said.key_result_id) = 0)",
        reason=f"'{WorkReason.OWNS_DECISION}'",
    ),
    _work(
        WorkKind.DEPENDENCY,
        "dependency",
        "{row}.owner_id = $2 and {row}.state in ('OPEN', 'AGREED') and not {row}.removed",
        due_on="said.needed_by",
        joined=HOLDER.format(prefix="needing_"),
        reason=f"'{WorkReason.OWNS_DEPENDENCY}'",
    ),
    _work(
        WorkKind.INITIATIVE,
        "initiative",
        "{row}.owner_id = $2 and {row}.state in ('TODO', 'DOING') and not {row}.removed",
        due_on="said.due_on",
        reason=f"'{WorkReason.OWNS_INITIATIVE}'",
    ),
    _MENTIONS,
    _REVIEWS,
)
WORK = " union all ".join(_STATEMENTS)
# Key results by an index, one by one: PostgreSQL would join all of them where few are wanted.
_PARTS = "select * from key_result where organization_id = $1 and {column} = {of} offset 0"
_OF_OBJECTIVE = _PARTS.format(column="objective_id", of="owned.id")
_CHECKED_IN_ON = _PARTS.format(column="check_in_owner_id", of="owing.id")
_OWNED = _PARTS.format(column="owner_id", of="owing.id")
# Key results and objectives of which the person, or somebody for whom they are the delegate around `$3`, owes
# check-ins; whether a slot is owed, and by whom, follows from its day.
CHECK_INS = f"""
    with owing(id) as materialized (
        select $2::uuid
        union
        select away.person_id from absence away
        where away.organization_id = $1 and away.delegate_id = $2 and not away.removed
            and away.ends_on >= $3::date - {SLOT_DAYS_BEFORE}
            and away.starts_on <= $3::date + {SLOT_DAYS_AFTER}
    ), owed as materialized (
        select part.* from owing cross join lateral ({_CHECKED_IN_ON}) part
        union all
        select part.* from owing cross join lateral ({_OWNED}) part where part.check_in_owner_id is null
        union all
        select part.* from owing
        join objective owned on owned.organization_id = $1 and owned.owner_id = owing.id
        cross join lateral ({_OF_OBJECTIVE}) part
        where part.check_in_owner_id is null and part.owner_id is null
    )
    (select owed.id, true as is_key_result from owed
    cross join lateral (
        select * from objective holder where {{visible:holder}} and holder.id = owed.objective_id offset 0
    ) holder
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where owed.state = 'ACTIVE' and holder.state = 'PUBLISHED' and cycle.state = 'ACTIVE'
        and (owed.cadence is not null or holder.effective_cadence is not null)
    limit $4)
    union all
    (select holder.id, false from owing
    join objective holder on {{visible:holder}} and holder.owner_id = owing.id
    join cycle on cycle.organization_id = $1 and cycle.id = holder.cycle_id
    where holder.cadence is not null and holder.state = 'PUBLISHED' and cycle.state = 'ACTIVE'
    limit $4)
    order by id limit $4
"""
PEOPLE = "select id, name from person where organization_id = $1 and id = any($2::uuid[])"
