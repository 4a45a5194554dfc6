"""SQL of relations of people to records, such as initiatives, decisions and lessons.

`relations_to_record` in `okr/relations.py` is the rule.
"""

from .relation_statements import HELD_ROLES, TEAMS_ABOVE
from .tree_edges import NEEDING_OBJECTIVE, OBJECTIVE_OF_EXPERIMENT, OBJECTIVE_OF_RECORD

NO_ONE = "null::uuid"


def _record(
    table: str,
    objective: str,
    *,
    escalated_to: str = NO_ONE,
    giving_team: str = NO_ONE,
    meeting_team: str = NO_ONE,
) -> str:
    """Return a query for the columns that make relations to the record `given.id` of a table."""
    return f"""
        select {table}.id, holder.owner_id, holder.contributor_ids, holder.shared_with_ids, holder.team_id,
            {table}.owner_id as record_owner, {escalated_to} as escalated_to, {giving_team} as giving_team,
            {meeting_team} as meeting_team
        from {table}
        left join objective holder
            on holder.organization_id = $1 and holder.id = {objective.format(row=table)}
        where {table}.organization_id = $1 and {table}.id = given.id
    """


MEETING_TEAM = """
    (select held.team_id from meeting held where held.organization_id = $1 and held.id = decision.meeting_id)
"""
OF_INITIATIVE = _record("initiative", OBJECTIVE_OF_RECORD)
OF_DEPENDENCY = _record("dependency", NEEDING_OBJECTIVE, giving_team="dependency.giving_team_id")
OF_ROADBLOCK = _record("roadblock", OBJECTIVE_OF_RECORD, escalated_to="roadblock.escalated_to_id")
OF_DECISION = _record("decision", OBJECTIVE_OF_RECORD, meeting_team=MEETING_TEAM)
OF_EXPERIMENT = _record("experiment", OBJECTIVE_OF_EXPERIMENT)
OF_LESSON = _record("lesson", OBJECTIVE_OF_RECORD)


def relations_of_records(rows: str) -> str:
    """Return the statement for the relations of the person `$3` to the records `$2`, and who may edit.

    `rows` is one of the above. Each row has the record's id, its relations but ADMIN, and `editing`.
    """
    return f"""
        with recursive records as (
            select node.* from unnest($2::uuid[]) given(id) cross join lateral ({rows} offset 0) node
        ), asked as (
            select team_id from records union select giving_team from records
            union select meeting_team from records
        ), {TEAMS_ABOVE}, {HELD_ROLES}
        select records.id, organization.editing, array_remove(array[
            case when records.owner_id = $3 then 'OWNER' end,
            case when $3 = any(records.contributor_ids) then 'CONTRIBUTOR' end,
            case when $3 = any(records.shared_with_ids) then 'SHARED_WITH' end,
            case when held.leads then 'TEAM_LEAD' end,
            case when held.is_in then 'TEAM_MEMBER' end,
            case when records.record_owner = $3 then 'RECORD_OWNER' end,
            case when records.escalated_to = $3 then 'ESCALATED_TO' end,
            case when giving.leads then 'GIVING_LEAD' end,
            case when meeting.leads or meeting.is_in then 'MEETING_TEAM' end
        ], null) as relations
        from records join organization on organization.id = $1
        left join held on held.team_id = records.team_id
        left join held giving on giving.team_id = records.giving_team
        left join held meeting on meeting.team_id = records.meeting_team
    """
