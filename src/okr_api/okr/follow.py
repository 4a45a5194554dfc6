"""Follow: a person's choice to follow an objective, a key result or a team, or not to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from .entity import NodeType
from .entity_fields import Fixed

# What can be followed, with the field that holds its id.
FOLLOWED: Mapping[NodeType, str] = {
    NodeType.OBJECTIVE: "objective_id",
    NodeType.KEY_RESULT: "key_result_id",
    NodeType.TEAM: "team_id",
}


@dataclass(frozen=True, slots=True)
class Follow:
    """Choice of a person about one node of `FOLLOWED`, one for each person and node.

    Where nothing was chosen, people follow automatically: see `store/followers.py`. A choice comes before
    that, so that who has unfollowed stays so, whatever makes others follow.
    """

    id: UUID
    external_id: str | None
    person_id: Annotated[UUID, Fixed()]
    objective_id: Annotated[UUID | None, Fixed()] = None
    key_result_id: Annotated[UUID | None, Fixed()] = None
    team_id: Annotated[UUID | None, Fixed()] = None
    is_following: Annotated[bool, Fixed()] = True
    version: int = 1
