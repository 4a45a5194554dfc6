"""Actors with each relation to `never_down`, and a check of which of them may do something."""

from collections.abc import Mapping
from typing import Any

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.author import Author
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Editing, Role
from okr_api.services import organization, teams
from tests.acme import Acme, Service

RESPONSIBLE = {"ann", "cem", "lea", "service"}


async def actors_of(acme: Acme) -> Mapping[str, Actor]:
    """Return actors: Ann is an admin, Cem owns `never_down`, Lea leads and Max is in its team, Sam is a stranger.

    Ben is nothing to it, Gil leads and Mia is in the team `support`. Those responsible edit.
    """
    await acme.done(organization.edit_organization, edits={"editing": Editing.RESPONSIBLE})
    people = {name: getattr(acme, name) for name in ("ann", "ben", "cem")}
    for name in ("lea", "max", "gil", "mia", "sam"):
        people[name] = await acme.person(name.capitalize(), external_id=name)
    for team, lead, member in (("platform", "lea", "max"), ("support", "gil", "mia")):
        await acme.done(teams.add_member, team=team, person=lead, role=TeamRole.LEAD)
        await acme.done(teams.add_member, team=team, person=member, role=TeamRole.MEMBER)
    scopes, id = frozenset({Scope.WRITE}), acme.organization.id
    roles = {"ann": Role.ADMIN}
    actors = {
        name: Actor(id, id, Author(name, person), scopes, roles.get(name, Role.MEMBER))
        for name, person in people.items()
    }
    actors["service"] = Actor(id, id, Author("Bot"), scopes)
    actors["viewer"] = Actor(id, id, Author("ben", acme.ben), scopes, Role.VIEWER)
    return actors


async def able(
    acme: Acme, actors: Mapping[str, Actor], service: Service, scope: Scope = Scope.WRITE, **inputs: Any
) -> set[str]:
    """Return who is not forbidden to run a service."""
    found = set[str]()
    for name, actor in actors.items():
        outcome = await acme.do(service, by=actor, scope=scope, **inputs)
        codes = {each.code() for each in outcome.errors}
        assert codes <= {"FORBIDDEN", "VERSION_CONFLICT"}, (name, codes)
        found |= set() if "FORBIDDEN" in codes else {name}
    return found
