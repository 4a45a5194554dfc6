"""Restore an export: an organisation without changes takes over its time zone, and its name on request."""

from dataclasses import replace

from okr_api.okr.calendar import time_zone
from okr_api.okr.errors import Refused
from okr_api.okr.people import Organization
from okr_api.okr.tree import Tree
from okr_api.services.references import title
from okr_api.store.unit_of_work import Work

from .import_session import ImportSession


def adopt_organization(session: ImportSession) -> None:
    """Take over the time zone of the export, and with `rename` its name."""
    said, work, report = session.file.organization, session.work, session.report
    try:
        own = work.organization
        name = title(said.text("name", own.name) or own.name, "name")
        zone = time_zone(said.text("time_zone", own.time_zone) or own.time_zone).key
    except Refused as refusal:
        report.refuse("organization", refusal)
        return
    if name != own.name and not session.file.rename:
        report.note("organization", "NAME_DIFFERS", f"It stays {own.name!r}; in the file it is {name!r}")
        name = own.name
    if zone != own.time_zone and not session.file.rename:
        report.note("organization", "TIME_ZONE_TAKEN", f"Its days are now those of {zone}, as in the file")
    organization = replace(own, name=name, time_zone=zone)
    if organization != own:
        session.adopts = True
        _begin_as(work, organization)


def _begin_as(work: Work, organization: Organization) -> None:
    """Replace the organisation, and the tree, which is bound to one; keep the cycles that are there."""
    tree = Tree(organization)
    for cycle in work.tree.cycles.values():
        tree.cycles.remember(cycle.id, cycle)
    work.organization, work.tree = organization, tree


def compare_zones(session: ImportSession) -> None:
    """Warn if the time zone of the file differs from the organisation's."""
    ours = session.work.organization.time_zone
    try:
        session.file.organization.text("name")
        theirs = session.file.organization.text("time_zone")
    except Refused as refusal:
        session.report.refuse("organization", refusal)
        return
    if theirs not in (None, ours):
        session.report.warn(
            "organization",
            "TIME_ZONE_DIFFERS",
            f"The file's days are those of {theirs}, here they are of {ours}",
        )
