"""Work concerns: which changes may move what people owe; whom they concern is found by their nodes.

A change concerns everybody if it moves days on which check-ins are due, or begins or ends such days. Other
changes concern the people of the nodes that they edited; those that can move no work concern nobody.
"""

from collections.abc import Collection, Mapping

from .change_kind import ChangeKind

MAX_NODES_CONCERNED = 2_000  # of a change whose people are looked up: one of more concerns everybody

# Kinds that concern everybody, with the fields of which one has to be edited; None for any edit.
EVERYBODY: Mapping[ChangeKind, frozenset[str] | None] = {
    ChangeKind.ORGANIZATION_UPDATED: frozenset(
        {"cadence", "holiday_calendar", "review_required", "time_zone"}
    ),
    ChangeKind.TEAM_UPDATED: frozenset({"cadence", "parent_id"}),
    ChangeKind.CYCLE_UPDATED: None,
    ChangeKind.CYCLE_ACTIVATED: None,
    ChangeKind.CYCLE_REVIEW_BEGUN: None,
    ChangeKind.CYCLE_CLOSED: None,
    ChangeKind.CYCLE_REOPENED: None,
    ChangeKind.IMPORTED: None,
}
# Beginnings of kinds that move no work.
NOBODY = (
    "ORGANIZATION_",
    "PERSON_",
    "TEAM_",
    "PRIORITY_",
    "CYCLE_",
    "CYCLES_",
    "STATUS_",
    "FOLLOW_",
)


def concerns_everybody(kind: ChangeKind, fields: Collection[str], nodes: int) -> bool:
    """Return whether a change of so many nodes may move the work of people whom its nodes do not name."""
    if kind in EVERYBODY:
        wanted = EVERYBODY[kind]
        return wanted is None or not wanted.isdisjoint(fields)
    return nodes > MAX_NODES_CONCERNED


def concerns_nobody(kind: ChangeKind) -> bool:
    """Return whether a change that does not concern everybody can move no work."""
    return kind in EVERYBODY or kind.startswith(NOBODY)
