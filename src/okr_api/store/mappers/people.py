"""Organisations, people and teams as rows."""

from typing import Any

from okr_api.okr.people import Organization, Person, Team

from .computed_columns import Row


def organization_of(row: Row) -> Organization:
    """The organisation in a row."""
    return Organization(id=row["id"], name=row["name"], time_zone=row["time_zone"])


def person_of(row: Row) -> Person:
    """The person in a row."""
    return Person(**{name: row[name] for name in ("id", "external_id", "name", "email", "active", "version")})


def team_of(row: Row) -> Team:
    """The team in a row."""
    return Team(**{name: row[name] for name in ("id", "external_id", "name", "parent_id", "version")})


def person_row(person: Person) -> dict[str, Any]:
    """The columns of a person."""
    return {
        name: getattr(person, name) for name in ("id", "external_id", "name", "email", "active", "version")
    }


def team_row(team: Team) -> dict[str, Any]:
    """The columns of a team."""
    return {name: getattr(team, name) for name in ("id", "external_id", "name", "parent_id", "version")}
