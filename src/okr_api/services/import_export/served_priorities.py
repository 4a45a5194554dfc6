"""Import checks: no objective serves a removed priority; rows that remove a served one are rejected."""

from okr_api.okr.errors import PriorityIsServed
from okr_api.okr.objective import Objective
from okr_api.okr.priority import Priority

from .errors import ReferenceIsUnknown
from .import_session import ImportSession

SECTION = "priorities"


def refuse_removed_priorities(session: ImportSession, objective: Objective) -> None:
    """Raise `ReferenceIsUnknown` if an objective serves a removed priority."""
    known = session.work.plain.of(Priority)
    for id in objective.priority_ids:
        if known[id].removed:
            raise ReferenceIsUnknown(f"priority_ids names {known[id].title!r}, which is removed")


def keep_served_priorities(session: ImportSession) -> None:
    """Reject the rows that remove a priority which an objective serves after all of them were imported."""
    known = session.work.plain.of(Priority)
    removed = {each.id for each in known.changed() if each.removed}
    served = {id for each in session.work.tree.objectives.values() for id in each.priority_ids}
    for name, id in session.ids[SECTION].items():
        before = known.before(id) if id in removed & served else None
        if before is None:
            continue
        known[id] = before
        session.report.of(SECTION).updated -= 1
        with session.row(SECTION, session.file.place_of(SECTION, name) or SECTION):
            raise PriorityIsServed(f"Objectives serve {before.title!r}; archive it instead", path=["removed"])
