"""Mappers between rows of organisations or their versions and `Organization` objects."""

from typing import Any

from okr_api.okr.people import Organization
from okr_api.store.bulk_write import Row

from .row_mapper import row_mapper

ORGANIZATION = row_mapper(Organization)
VERSIONED = tuple(name for name in ORGANIZATION.columns if name != "id")
organization_of = ORGANIZATION.object_of


def organization_version_of(row: Row) -> Organization:
    """Return the organisation in a row of its versions."""
    return organization_of({**row, "id": row["organization_id"]})


def organization_row(organization: Organization) -> dict[str, Any]:
    """Return the columns that an organisation and its versions share (`VERSIONED`), without its id."""
    row = ORGANIZATION.row_of(organization)
    del row["id"]
    return row
