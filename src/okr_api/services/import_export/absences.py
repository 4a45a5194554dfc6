"""Import check of absences: they end after they begin, and those of one person do not overlap."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from uuid import UUID

from okr_api.okr.absence import Absence, check_others

from .import_row import ImportRow
from .import_session import ImportSession


def absence_check(
    session: ImportSession, entries: Sequence[ImportRow[Absence]]
) -> Callable[[ImportRow[Absence], Absence], Absence]:
    """Return a function that rejects an absence that overlaps another one of the person.

    Absences that the file has are compared as it has them. A delegate may be absent as well: they may have
    fallen ill afterwards.
    """
    named = {entry.id for entry in entries}
    taken: defaultdict[UUID, list[Absence]] = defaultdict(list)
    for absence in session.work.plain.of(Absence).values():
        if absence.id not in named:
            taken[absence.person_id].append(absence)

    def check(entry: ImportRow[Absence], absence: Absence) -> Absence:
        del entry
        if absence.removed:
            return absence
        checked = absence.checked()
        check_others(checked, taken[checked.person_id])
        taken[checked.person_id].append(checked)
        return checked

    return check
