"""The organisation, its people and its teams."""

import strawberry

from okr_api.graphql.enums import Scope
from okr_api.graphql.fields import (
    column,
    external_id,
    global_id,
    one,
    version,
    view_of,
)
from okr_api.graphql.types.node import Node
from okr_api.okr.change import NodeType


@view_of("person")
@strawberry.type(description="Someone who owns objectives and checks in.")
class Person(Node):
    """A person."""

    id: strawberry.ID = global_id(NodeType.PERSON)
    external_id: str | None = external_id()
    name: str = column("name", "The name.")
    email: str | None = column("email", "The e-mail address, if known.")
    active: bool = column("active", "False for one who has left, and whom history still names.")
    version: int = version()


@view_of("team")
@strawberry.type(description="A group of people with a place in the tree of teams.")
class Team(Node):
    """A team."""

    id: strawberry.ID = global_id(NodeType.TEAM)
    external_id: str | None = external_id()
    name: str = column("name", "The name.")
    parent: "Team | None" = one("parent_id", "The team that it is a part of; null for one at the top.")
    version: int = version()


@view_of("(select organization.*, id as organization_id from organization)")
@strawberry.type(description="The whole that plans together. Nothing ever crosses its border.")
class Organization(Node):
    """An organisation."""

    id: strawberry.ID = global_id(NodeType.ORGANIZATION)
    name: str = column("name", "The name.")
    time_zone: str = column("time_zone", "The IANA time zone in which its days begin and end.")
    version: int = version()


@view_of()
@strawberry.type(description="Who did something: a person, or a service by its name.")
class Actor:
    """An actor."""

    name: str = column("author_name", "The person's or the service's name at that time.")
    person: Person | None = one("author_person_id", "The person; null for a service.")


@view_of()
@strawberry.type(description="Who asks, and what they may do.")
class Viewer:
    """The asker."""

    name: str = column("author_name", "The person's or the service's name.")
    person: Person | None = one("author_person_id", "The person; null for a service.")
    organization: Organization = one("organization_id", "The organisation that the token belongs to.")
    scopes: list[Scope] = column("scopes", "The scopes of the token.")
    sees_drafts: bool = column(
        "sees_drafts",
        "Whether objectives that were never published are shown: drafts, and drafts that were dropped.",
    )
