"""Restoring: an export that comes into an empty organisation brings its name and its days along."""

from dataclasses import replace

from okr_api.okr.days import time_zone
from okr_api.okr.errors import InvalidInput
from okr_api.okr.people import Organization
from okr_api.okr.tree import Tree
from okr_api.services.naming import title
from okr_api.store.history import adopt
from okr_api.store.unit_of_work import Work

from .intake import Intake
from .lines import storable


async def adopt_organization(intake: Intake) -> None:
    """Gives the organisation the name and the time zone of the export."""
    said, work = intake.file.organization, intake.work
    name = str(said.get("name") or work.organization.name)
    zone = str(said.get("time_zone") or work.organization.time_zone)
    try:
        organization = replace(
            work.organization, name=title(storable(name, "name"), "name"), time_zone=time_zone(zone).key
        )
    except InvalidInput as refusal:
        intake.report.refuse("organization", refusal)
        return
    if organization != work.organization:
        await adopt(work.connection, organization)
        _begin_as(work, organization)


def _begin_as(work: Work, organization: Organization) -> None:
    """The tree keeps the organisation that it was made for: a new one, with the cycles that are there."""
    tree = Tree(organization)
    for cycle in work.tree.cycles.values():
        tree.cycles.remember(cycle.id, cycle)
    work.organization, work.tree = organization, tree


def compare_zones(intake: Intake) -> None:
    """Warns where the file's days are those of another time zone than the organisation's."""
    theirs, ours = intake.file.organization.get("time_zone"), intake.work.organization.time_zone
    if theirs not in (None, ours):
        intake.report.warn(
            "organization",
            "TIME_ZONE_DIFFERS",
            f"The file's days are those of {theirs}, here they are of {ours}",
        )
