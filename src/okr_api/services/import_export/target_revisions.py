"""Read the revisions of a key result's target, which only an export has."""

from okr_api.okr.key_result import KeyResult
from okr_api.okr.target_revision import MAX_TARGET_REVISIONS, TargetRevision

from .authors import author_of
from .errors import RowIsUnclear, required
from .import_row import ImportRow
from .import_session import ImportSession
from .measures import own_measure
from .row_parser import ParsedRow

NAME = "target_revisions"


def read_revisions(session: ImportSession, entry: ImportRow[KeyResult]) -> tuple[TargetRevision, ...]:
    """Return the revisions in a row of an export, those already known for any other row or where it has none.

    Raises:
        RowIsUnclear: one lacks its instant or a measure, or there are too many.
    """
    if entry.known and not (entry.full and entry.line.has(NAME)):
        return entry.known.target_revisions
    if not entry.full:
        return ()
    lines = entry.line.lines(NAME)
    if len(lines) > MAX_TARGET_REVISIONS:
        raise RowIsUnclear(f"A target has at most {MAX_TARGET_REVISIONS} revisions", path=[NAME])
    return tuple(_revision(session, line) for line in lines)


def _revision(session: ImportSession, line: ParsedRow) -> TargetRevision:
    author = author_of(session, line)
    before, after = line.line("before"), line.line("after")
    return TargetRevision(
        at=required(line.instant("at"), "at"),
        author_name=author.name,
        author_person_id=author.person_id,
        reason=line.text("reason"),
        before=own_measure(required(before, "before")),
        after=own_measure(required(after, "after")),
        eased=bool(line.flag("eased", known=False)),
    )
