"""SQL of the ways from what is discussed to its objective, by which comments, reactions and follows are seen.

`okr/comment.py` lists what can be discussed; here is for each of its columns the id of the objective.
"""

from okr_api.okr.comment import DISCUSSED
from okr_api.okr.entity import NodeType
from okr_api.okr.told_entities import DISCUSSED_PARTS

from .tree_edges import HOLDER

OF_KEY_RESULT = """
    (select part.objective_id from key_result part
     where part.organization_id = {{row}}.organization_id and part.id = {id})
"""
OF_PART = f"""
    (select {HOLDER.format(prefix="").format(row="about")} from {{table}} about
     where about.organization_id = {{{{row}}}}.organization_id and about.id = {{{{row}}}}.{{table}}_id)
"""
OF_EXPERIMENT = """
    (select part.objective_id from experiment about
     join key_result part on part.organization_id = about.organization_id and part.id = about.key_result_id
     where about.organization_id = {row}.organization_id and about.id = {row}.experiment_id)
"""
WAYS = {
    NodeType.OBJECTIVE: "{row}.objective_id",
    NodeType.KEY_RESULT: OF_KEY_RESULT.format(id="{row}.key_result_id"),
    NodeType.CHECK_IN: OF_PART.format(table="check_in"),
    NodeType.ROADBLOCK: OF_PART.format(table="roadblock"),
    NodeType.DECISION: OF_PART.format(table="decision"),
    NodeType.EXPERIMENT: OF_EXPERIMENT,
    NodeType.LESSON: OF_PART.format(table="lesson"),
    NodeType.REVIEW_RECORD: """
    (select about.objective_id from review_record about
     where about.organization_id = {row}.organization_id and about.id = {row}.review_record_id)
""",
}
# Objective of a `{row}` of comments, reactions and follows; null for what belongs to none.
OBJECTIVE_OF_COMMENT = f"coalesce({', '.join(WAYS[node_type] for node_type in DISCUSSED)})"
OBJECTIVE_OF_REACTION = f"""
    coalesce({", ".join(WAYS[node_type] for node_type in DISCUSSED)}, (
        select {OBJECTIVE_OF_COMMENT.format(row="remark")} from comment remark
        where remark.organization_id = {{row}}.organization_id and remark.id = {{row}}.comment_id))
"""
OBJECTIVE_OF_FOLLOW = f"coalesce({WAYS[NodeType.OBJECTIVE]}, {WAYS[NodeType.KEY_RESULT]})"


def hidden_by(objective: str) -> str:
    """Return the condition that the objective in such an expression is hidden."""
    return f"""
        exists (select from objective holder
                where holder.organization_id = $1 and holder.id = {objective} and {{hidden:holder}})
    """


HIDDEN_COMMENT = hidden_by(OBJECTIVE_OF_COMMENT)
HIDDEN_REACTION = hidden_by(OBJECTIVE_OF_REACTION)
HIDDEN_FOLLOW = hidden_by(OBJECTIVE_OF_FOLLOW)
# That the record, such as a decision, in a `{row}` of comments or reactions was deleted.
DELETED_RECORD = " or ".join(
    f"""
        {{row}}.{table}_id is not null and exists (
            select from {table} gone
            where gone.organization_id = {{row}}.organization_id and gone.id = {{row}}.{table}_id
                and gone.removed)
    """
    for table in (part.table for part in DISCUSSED_PARTS if part.is_removable)
)
# Comments and reactions that are there, as a table: a reply goes with the comment that it answers, a reaction
# with the comment that it is to, and both with the record that they are on.
COMMENTS = f"""
    (select remark.* from comment remark where not remark.removed and not exists (
        select from comment answered
        where answered.organization_id = remark.organization_id and answered.id = remark.parent_id
            and answered.removed) and not ({DELETED_RECORD.format(row="remark")}))
"""
REACTIONS = f"""
    (select felt.* from reaction felt where not felt.removed and (felt.comment_id is null or exists (
        select from {COMMENTS} remark
        where remark.organization_id = felt.organization_id and remark.id = felt.comment_id))
        and not ({DELETED_RECORD.format(row="felt")}))
"""
