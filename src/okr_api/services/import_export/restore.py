"""Take over a file's organisation with its versions in a restore; otherwise only compare the time zones."""

from dataclasses import replace

from okr_api.okr.calendar import time_zone
from okr_api.okr.errors import Refused
from okr_api.okr.people import Organization, language_of
from okr_api.okr.policy import Editing
from okr_api.services.organization import rules_off
from okr_api.services.recompute import begin_as
from okr_api.services.references import long_text, title
from okr_api.store.import_history import ORGANIZATION, Version

from .cadences import read_cadence, read_holidays
from .import_session import ImportSession
from .row_parser import ParsedRow, in_order

RULES_OFF = "coaching_rules_off"


def adopt_organization(session: ImportSession) -> None:
    """Take over what the export says of the organisation with its versions; its name only with `rename`."""
    own, report = session.work.organization, session.report
    try:
        taken, versions = _versions(session)
    except Refused as refusal:
        report.refuse("organization", refusal)
        return
    if taken.name != own.name and not session.file.rename:
        note = f"It stays {own.name!r}; in the file it is {taken.name!r}"
        report.note("organization", "NAME_DIFFERS", note)
        taken = replace(taken, name=own.name)
    if taken.time_zone != own.time_zone and not session.file.rename:
        note = f"Its days are now those of {taken.time_zone}, as in the file"
        report.note("organization", "TIME_ZONE_TAKEN", note)
    if not versions and taken == own:
        return
    if not versions:  # an export of a former release
        taken = replace(taken, version=own.version + 1)
    session.adopts = True
    session.earlier[ORGANIZATION] = versions[:-1]
    session.present[ORGANIZATION] = [replace(version, word=taken) for version in versions[-1:]]
    begin_as(session.work, taken)


def _versions(session: ImportSession) -> tuple[Organization, list[Version[Organization]]]:
    """Return the organisation in the file, and all its versions; none if the file has none."""
    line, own = session.file.organization, session.work.organization
    taken = _organization(line, own)
    seq, recorded_at = session.stamp_of(line)
    if recorded_at is None:
        return taken, []
    versions = [
        Version(_organization(each, own), earlier_seq, earlier_at or recorded_at)
        for each in line.lines("history")
        for earlier_seq, earlier_at in [session.stamp_of(each)]
    ]
    versions.append(Version(taken, seq, recorded_at))
    in_order([version.seq for version in versions])
    return taken, versions


def _organization(line: ParsedRow, own: Organization) -> Organization:
    return Organization(
        id=own.id,
        name=title(line.text("name", own.name) or own.name, "name"),
        time_zone=time_zone(line.text("time_zone", own.time_zone) or own.time_zone).key,
        language=language_of(line.text("language", own.language) or own.language),
        mission=long_text(line.text("mission", own.mission), "mission"),
        vision=long_text(line.text("vision", own.vision), "vision"),
        editing=line.word("editing", Editing, own.editing) or own.editing,
        coaching_rules_off=rules_off(line.texts(RULES_OFF), RULES_OFF),
        cadence=read_cadence(line, "cadence", own.cadence),
        holiday_calendar=read_holidays(line, "holiday_calendar", own.holiday_calendar),
        review_required=line.flag("review_required", own.review_required),
        version=line.count("version", own.version, least=1),
    )


def compare_zones(session: ImportSession) -> None:
    """Warn if the time zone of the file differs from the organisation's."""
    ours = session.work.organization.time_zone
    try:
        for name in ("name", "language", "mission", "vision"):
            session.file.organization.text(name)
        session.file.organization.word("editing", Editing)
        session.file.organization.texts(RULES_OFF)
        read_cadence(session.file.organization, "cadence", None)
        read_holidays(session.file.organization, "holiday_calendar", None)
        session.file.organization.flag("review_required", known=False)
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
