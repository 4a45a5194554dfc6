"""Mapper between cycle rows and `Cycle` objects."""

from typing import Any

from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.people import Organization

from .computed_columns import Row

CYCLE_COLUMNS = ("id", "external_id", "name", "starts_on", "ends_on", "parent_id", "state", "version")


def cycle_of(row: Row) -> Cycle:
    """Return the cycle in a row."""
    return Cycle(**{name: row[name] for name in CYCLE_COLUMNS} | {"state": CycleState(row["state"])})


def cycle_row(cycle: Cycle, organization: Organization) -> dict[str, Any]:
    """Return the columns of a cycle, with its first instant and its end in the organisation's time zone."""
    return {name: getattr(cycle, name) for name in CYCLE_COLUMNS} | {
        "starts_at": cycle.starts_at(organization.zone),
        "ends_at": cycle.ends_at(organization.zone),
    }
