"""`viewerCan`: the policy's action behind each field, by node type; relations of all nodes by one statement.

No statement is needed where the role and the scopes alone decide, as for admins and most services.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from functools import cache, partial
from itertools import product
from typing import Any

from okr_api.okr.entity import NodeType
from okr_api.okr.policy import ALL, Action, Editing, Principal, Relation, is_permitted
from okr_api.okr.relations import relations_to_organization
from okr_api.store import relation_statements as sql
from okr_api.store.record_relations import (
    OF_DECISION,
    OF_DEPENDENCY,
    OF_EXPERIMENT,
    OF_INITIATIVE,
    OF_LESSON,
    OF_REVIEW_RECORD,
    OF_ROADBLOCK,
    relations_of_records,
)
from okr_api.store.time_slicing import mapped

from .snapshot import Snapshot

FIELDS = (
    "edit",
    "check_in",
    "comment",
    "change_visibility",
    "delete",
    "review",
    "edit_members",
    "edit_structure",
    "record_meeting",
)
OF_OBJECTIVES = {
    "edit": Action.EDIT,
    "check_in": Action.CHECK_IN,
    "comment": Action.COMMENT,
    "change_visibility": Action.CHANGE_VISIBILITY,
    "delete": Action.DELETE,
    "review": Action.REVIEW,
}
OF_STRUCTURE = {"edit": Action.EDIT_STRUCTURE, "delete": Action.EDIT_STRUCTURE}
OF_WORK = {"edit": Action.EDIT_RECORD, "delete": Action.EDIT}
OF_DISCUSSED_WORK = {**OF_WORK, "comment": Action.COMMENT}
# Of each type the actions behind its fields; the others are false.
ACTIONS: Mapping[NodeType, Mapping[str, Action]] = {
    NodeType.ORGANIZATION: {"edit": Action.ADMINISTER, "edit_structure": Action.EDIT_STRUCTURE},
    NodeType.PERSON: OF_STRUCTURE,
    NodeType.TEAM: {
        **OF_STRUCTURE,
        "edit_members": Action.EDIT_MEMBERS,
        "record_meeting": Action.RECORD_MEETING,
    },
    NodeType.TEAM_MEMBERSHIP: {"edit": Action.EDIT_MEMBERS, "delete": Action.EDIT_MEMBERS},
    NodeType.PRIORITY: OF_STRUCTURE,
    NodeType.METRIC: OF_STRUCTURE,
    NodeType.CYCLE: OF_STRUCTURE,
    NodeType.PULSE: OF_STRUCTURE,
    NodeType.OBJECTIVE: OF_OBJECTIVES,
    NodeType.KEY_RESULT: OF_OBJECTIVES,
    NodeType.CHECK_IN: {"edit": Action.CHECK_IN, "comment": Action.COMMENT, "delete": Action.CHECK_IN},
    NodeType.INITIATIVE: OF_WORK,
    NodeType.DEPENDENCY: OF_WORK,
    NodeType.ROADBLOCK: OF_DISCUSSED_WORK,
    NodeType.MEETING: {"edit": Action.RECORD_MEETING, "delete": Action.RECORD_MEETING},
    NodeType.DECISION: {
        "edit": Action.EDIT_RECORD,
        "comment": Action.COMMENT,
        "delete": Action.EDIT_RECORD,
    },
    NodeType.EXPERIMENT: OF_DISCUSSED_WORK,
    NodeType.LESSON: OF_DISCUSSED_WORK,
    NodeType.REVIEW_RECORD: {
        "edit": Action.REVIEW,
        "comment": Action.COMMENT,
        "delete": Action.REVIEW,
    },
}
# Of each type with relations other than ADMIN the statement for them.
STATEMENTS = {
    NodeType.TEAM: sql.relations_of(sql.OF_TEAM),
    NodeType.TEAM_MEMBERSHIP: sql.relations_of(sql.OF_TEAM_MEMBERSHIP),
    NodeType.OBJECTIVE: sql.relations_of(sql.OF_OBJECTIVE),
    NodeType.KEY_RESULT: sql.relations_of(sql.OF_KEY_RESULT),
    NodeType.CHECK_IN: sql.relations_of(sql.OF_CHECK_IN),
    NodeType.INITIATIVE: relations_of_records(OF_INITIATIVE),
    NodeType.DEPENDENCY: relations_of_records(OF_DEPENDENCY),
    NodeType.ROADBLOCK: relations_of_records(OF_ROADBLOCK),
    NodeType.MEETING: sql.relations_of(sql.OF_MEETING),
    NodeType.DECISION: relations_of_records(OF_DECISION),
    NodeType.EXPERIMENT: relations_of_records(OF_EXPERIMENT),
    NodeType.LESSON: relations_of_records(OF_LESSON),
    NodeType.REVIEW_RECORD: relations_of_records(OF_REVIEW_RECORD),
}
Permissions = Mapping[str, bool]
NOTHING: Permissions = dict.fromkeys(FIELDS, False)  # the past is never changed


def permissions(
    node_type: NodeType, principal: Principal, editing: Editing, relations: Set[Relation]
) -> Permissions:
    """Return what somebody with these relations to a node may do with it, by field of `viewerCan`."""
    actions = ACTIONS[node_type]
    permit = partial(is_permitted, principal, editing, relations=relations)
    return {name: name in actions and permit(actions[name]) for name in FIELDS}


async def permissions_for(
    node_type: NodeType, snapshot: Snapshot, ids: Sequence[Any]
) -> Mapping[Any, Permissions]:
    """Return, by node, what the snapshot's principal may do with it."""
    if snapshot.is_past:
        return dict.fromkeys(ids, NOTHING)
    principal = snapshot.principal
    assert principal is not None, "nobody in particular reads"
    own = relations_to_organization(principal)
    more = own | (ALL - {Relation.ADMIN}) if node_type in STATEMENTS and principal.person_id else own
    least, *others = (permissions(node_type, principal, *each) for each in product(Editing, (own, more)))
    if all(each == least for each in others):
        return dict.fromkeys(ids, least)
    await snapshot.begin()
    if node_type not in STATEMENTS or principal.person_id is None:
        [row] = await snapshot.fetch(sql.EDITING)
        return dict.fromkeys(ids, permissions(node_type, principal, Editing(row["editing"]), own))
    rows = await snapshot.fetch(STATEMENTS[node_type], list(set(ids)), principal.person_id.hex)

    @cache
    def permitted(editing: str, relations: tuple[str, ...]) -> Permissions:
        found = {*own, *map(Relation, relations)}
        return permissions(node_type, principal, Editing(editing), found)

    return dict(
        await mapped(lambda row: (row["id"], permitted(row["editing"], tuple(row["relations"]))), rows)
    )


def loader_of(node_type: NodeType) -> Callable[[Snapshot, Sequence[Any]], Awaitable[Mapping[Any, Any]]]:
    """Return what loads the permissions for nodes of a type."""
    return partial(permissions_for, node_type)
