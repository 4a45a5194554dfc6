"""Changes of who sees an objective: who may make them, and that they still see it themselves."""

from okr_api.auth.actor import Actor
from okr_api.okr.errors import Forbidden
from okr_api.okr.objective import Objective
from okr_api.okr.policy import VISIBLE_TO, Action, ObjectiveVisibility, Relation
from okr_api.okr.relations import relations_to_objective
from okr_api.store.unit_of_work import Work

from .permissions import OF_TEAMS, authorize, forbidden, load_roles


async def authorize_visibility(work: Work, actor: Actor, known: Objective, edited: Objective) -> None:
    """Raise `Forbidden` unless the actor may change who sees an objective, and sees it afterwards.

    An edit that gives the values that are there changes nothing. The owner of an objective may change who
    sees it, so that of one which is restricted the owner is changed only by those who may.
    """
    if edited.owner_id != known.owner_id and known.visibility is not ObjectiveVisibility.ORGANIZATION:
        await authorize(work, actor, Action.CHANGE_VISIBILITY, known, ["owner"])
    if edited.visibility is not known.visibility:
        await authorize(work, actor, Action.CHANGE_VISIBILITY, known, ["visibility"])
        await check_still_seen(work, actor, edited)
    if edited.shared_with_ids != known.shared_with_ids:
        await authorize(work, actor, Action.CHANGE_VISIBILITY, known, ["sharedWith"])


async def check_still_seen(work: Work, actor: Actor, objective: Objective) -> None:
    """Raise `Forbidden` if the actor would not see an objective that they create or restrict.

    Nobody makes something that they cannot see. An admin and a service that sees what is private see all.
    """
    visible_to = VISIBLE_TO[objective.visibility]
    if Relation.NONE in visible_to or work.visibility.restricted:
        return
    path = ["visibility"]
    if actor.is_service:
        raise Forbidden("Only a token that sees what is private restricts who sees an objective", path=path)
    if objective.team_id is not None and not OF_TEAMS.isdisjoint(visible_to):
        assert actor.author.person_id is not None
        await load_roles(work, {(objective.team_id, actor.author.person_id)} - work.team_roles.keys())
    if relations_to_objective(actor.principal, objective, work.team_roles).isdisjoint(visible_to):
        raise forbidden(actor, f"To see it as {objective.visibility}", visible_to, path)
