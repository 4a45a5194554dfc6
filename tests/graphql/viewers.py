"""Subscribers of Acme's feed who see different things: six people and three services, with their tokens."""

from dataclasses import dataclass
from typing import Any

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.serving import Client, Server

# Name: role. Ann is an admin, Ben owns `answer_fast` of Support, Cem `never_down` of Platform.
PEOPLE = {
    "ann": "ADMIN",
    "ben": "MEMBER",
    "cem": "MEMBER",
    "dana": "MEMBER",
    "eve": "MEMBER",
    "vic": "VIEWER",
}
# Name: scope, and whether it sees what is private.
SERVICES = {"bot": (Scope.WRITE, False), "display": (Scope.READ, False), "auditor": (Scope.WRITE, True)}
NAMES = (*PEOPLE, *SERVICES)


@dataclass
class Viewers:
    """Tokens and clients by name."""

    tokens: dict[str, str]
    clients: dict[str, Client]

    @classmethod
    async def join(cls, acme: Acme, served: Server) -> "Viewers":
        """Let Dana join Support, Eve Platform, and Vic no team; make a token for each."""
        ann = served.client(acme.token)
        for name, team in (("dana", "support"), ("eve", "platform"), ("vic", None)):
            await ann.do("personCreate", name=name.capitalize(), externalId=name, role=PEOPLE[name])
            if team is not None:
                await ann.do(
                    "teamMemberAdd",
                    team={"externalId": team},
                    person={"externalId": name},
                    externalId=f"{name}_in_{team}",
                )
        organization_id = acme.organization.id
        tokens: dict[str, str] = {}
        for name in PEOPLE:
            tokens[name] = await acme.tokens.create(
                organization_id, name=name, scopes=[Scope.ADMIN], person=name
            )
        for name, (scope, sees_private) in SERVICES.items():
            tokens[name] = await acme.tokens.create(
                organization_id, name=name, scopes=[scope], sees_private=sees_private
            )
        return cls(tokens, {name: served.client(token) for name, token in tokens.items()})


def objective_id(acme: Acme, name: str) -> str:
    """Return the global id of one of Acme's objectives."""
    return encode_id(NodeType.OBJECTIVE, getattr(acme, name))


def by_external_id(input: dict[str, Any]) -> dict[str, Any]:
    """Return a mutation's input with references by external id where a reference is given as text."""
    named = {"objective", "person", "team", "parent", "owner", "teamMembership", "keyResult"}
    made: dict[str, Any] = {}
    for name, value in input.items():
        if name in named and isinstance(value, str):
            made[name] = {"externalId": value}
        elif name in {"sharedWith", "contributors"}:
            made[name] = [{"externalId": one} for one in value]
        else:
            made[name] = value
    return made
