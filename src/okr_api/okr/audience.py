"""Audience of an objective: the people who see it, from its visibility and their relations to it.

It is stored with the objective, and `store/audiences.py` computes it in SQL for many at once. Admins are not
in it: they see every objective.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from .objective import Objective
from .policy import VISIBLE_TO, Relation
from .relations import people_of

InTeam = Mapping[Relation, Collection[UUID]]
NOBODY_IN_TEAM: InTeam = {}


def viewers_of(objective: Objective, in_team: InTeam = NOBODY_IN_TEAM) -> tuple[UUID, ...] | None:
    """Return the ids of the people who see an objective, sorted; None for everybody.

    `in_team` are the leads and members of its team and of the teams above it, by their relation.
    """
    relations = VISIBLE_TO[objective.visibility]
    if Relation.NONE in relations:
        return None
    people = {**people_of(objective), **in_team}
    return tuple(sorted({person for relation in relations for person in people.get(relation, ())}))
