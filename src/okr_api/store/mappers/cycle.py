"""Mapper between `Cycle` objects and rows, which also have first instant and end by the time zone."""

from typing import Any

from okr_api.okr.cycle import Cycle
from okr_api.okr.people import Organization

from .row_mapper import row_mapper

CYCLE = row_mapper(Cycle)
cycle_of = CYCLE.object_of


def cycle_row(cycle: Cycle, organization: Organization) -> dict[str, Any]:
    """Return the columns of a cycle, with its first instant and its end in the organisation's time zone."""
    return {
        **CYCLE.row_of(cycle),
        "starts_at": cycle.starts_at(organization.zone),
        "ends_at": cycle.ends_at(organization.zone),
    }
