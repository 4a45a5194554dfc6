"""Read the grade of a key result or an objective, which only an export has."""

from okr_api.okr.grade import Grade, GradeKind
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import MAX_TEXT_LENGTH, Objective
from okr_api.services.references import long_text

from .authors import author_of
from .errors import required
from .import_row import ImportRow
from .import_session import ImportSession

NAME = "grade"


def read_grade(session: ImportSession, entry: ImportRow[KeyResult] | ImportRow[Objective]) -> Grade | None:
    """Return the grade in a row of an export, the one already known for any other row or where it has none.

    Raises:
        RowIsUnclear: it lacks its kind or its instant.
        InvalidInput, ReasonRequired, NothingToConfirm: as `Grade.checked`.
    """
    if not (entry.full and entry.line.has(NAME)):
        return entry.known.grade if entry.known else None
    line = entry.line.line(NAME)
    if line is None:
        return None
    author = author_of(session, line)
    return Grade(
        kind=required(line.word("kind", GradeKind, None), "kind"),
        score=line.number("score"),
        computed_score=line.number("computed_score"),
        reason=long_text(line.text("reason"), NAME, MAX_TEXT_LENGTH),
        at=required(line.instant("at"), "at"),
        author_name=author.name,
        author_person_id=author.person_id,
    ).checked()
