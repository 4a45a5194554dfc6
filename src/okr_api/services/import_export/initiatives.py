"""Import initiatives, once all objectives and key results of the file are imported."""

from collections.abc import Callable, Sequence
from uuid import UUID

from okr_api.okr.initiative import Initiative

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession


def initiative_check(
    session: ImportSession, entries: Sequence[ImportRow[Initiative]]
) -> Callable[[ImportRow[Initiative], Initiative], Initiative]:
    """Return a function that rejects what mutations reject, also in cycles that were closed before."""
    del entries

    def check(entry: ImportRow[Initiative], initiative: Initiative) -> Initiative:
        require_one(initiative.objective_id, initiative.key_result_id)
        for each in (entry.known, initiative) if initiative != entry.known else ():
            if each is not None:
                objective = session.work.tree.owner_of(owned_by(each.objective_id, each.key_result_id))
                session.takes_changes(session.work.tree.cycle_of(objective))
        return initiative.checked()

    return check


def require_one(objective_id: UUID | None, key_result_id: UUID | None, prefix: str = "") -> None:
    """Raise `RowIsUnclear` unless a row has one of an objective and a key result."""
    if (objective_id is None) == (key_result_id is None):
        names = [f"{prefix}{name}" for name in ("objective_id", "key_result_id")]
        raise RowIsUnclear(f"The row has not one of {' and '.join(names)}", path=names[:1])


def owned_by(objective_id: UUID | None, key_result_id: UUID | None) -> UUID:
    """Return the id that is not None."""
    found = objective_id or key_result_id
    assert found is not None, "a row that was checked has one"
    return found
