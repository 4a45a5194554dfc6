"""GraphQL type `ViewerCan`, what the viewer may do with a node, and a factory of the field `viewerCan`."""

from typing import Any

import strawberry

from okr_api.graphql.fields import column, gathered, view_of
from okr_api.okr.entity import NodeType
from okr_api.query_engine.viewer_permissions import loader_of

VIEWER_CAN = (
    "What you may do with it by your role, the scopes of your token and your relation to it. A mutation that "
    "is not permitted is rejected with FORBIDDEN; one that is may still be rejected, as in a closed cycle."
)


@view_of()
@strawberry.type(
    description="What the owner of the token may do with a node; false also where nodes of the type do not "
    "have it. It changes with roles, relations and `Organization.editing`, without an event of the node."
)
class ViewerCan:
    edit: bool = column(
        "edit",
        "Edit it; of an objective or key result also its lifecycle, key results and alignments. Of a "
        "check-in: correct it. Of a dependency: at least its state and owner.",
    )
    check_in: bool = column(
        "check_in", "Check in on the key result; of an objective, on each of its key results."
    )
    comment: bool = column("comment", "Comment on it.")
    change_visibility: bool = column(
        "change_visibility", "Change who sees the objective, with everything that belongs to it."
    )
    delete: bool = column(
        "delete", "Delete it; of a person: mark them as having left; of a check-in: retract it."
    )
    review: bool = column("review", "Grade it; of an objective also record its review.")
    edit_members: bool = column("edit_members", "Add, change and remove members of the team.")
    edit_structure: bool = column(
        "edit_structure", "Create people, teams, cycles, priorities and metrics, and edit them."
    )
    record_meeting: bool = column("record_meeting", "Record meetings of the team, with what it decides.")


def viewer_can(node_type: NodeType) -> Any:
    """Return the field of a node's permissions."""
    return gathered(loader_of(node_type), VIEWER_CAN)
