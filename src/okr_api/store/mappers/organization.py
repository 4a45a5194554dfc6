"""Mappers between rows and `Organization` objects."""

from typing import Any
from uuid import UUID

from okr_api.okr.people import Language, Organization

from .computed_columns import Row


def organization_of(row: Row) -> Organization:
    """Return the organisation in a row."""
    return _organization(row, row["id"])


def organization_version_of(row: Row) -> Organization:
    """Return the organisation in a row of its versions."""
    return _organization(row, row["organization_id"])


def _organization(row: Row, id: UUID) -> Organization:
    said = {name: row[name] for name in ("name", "time_zone", "version")}
    return Organization(
        id=id,
        language=Language(row["language"]),
        coaching_rules_off=tuple(row["coaching_rules_off"]),
        **said,
    )


def organization_row(organization: Organization) -> dict[str, Any]:
    """Return the columns that an organisation and its versions share, without its id."""
    said = {name: getattr(organization, name) for name in ("name", "time_zone", "language", "version")}
    return said | {"coaching_rules_off": list(organization.coaching_rules_off)}
