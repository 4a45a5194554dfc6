"""Mappers between rows and `Organization`, `Person` and `Team` objects."""

from typing import Any

from okr_api.okr.people import Organization, Person, Team

from .computed_columns import Row


def organization_of(row: Row) -> Organization:
    """Return the organisation in a row."""
    return Organization(id=row["id"], name=row["name"], time_zone=row["time_zone"])


def person_of(row: Row) -> Person:
    """Return the person in a row."""
    return Person(**{name: row[name] for name in ("id", "external_id", "name", "email", "active", "version")})


def team_of(row: Row) -> Team:
    """Return the team in a row."""
    return Team(**{name: row[name] for name in ("id", "external_id", "name", "parent_id", "version")})


def person_row(person: Person) -> dict[str, Any]:
    """Return the columns of a person."""
    return {
        name: getattr(person, name) for name in ("id", "external_id", "name", "email", "active", "version")
    }


def team_row(team: Team) -> dict[str, Any]:
    """Return the columns of a team."""
    return {name: getattr(team, name) for name in ("id", "external_id", "name", "parent_id", "version")}
