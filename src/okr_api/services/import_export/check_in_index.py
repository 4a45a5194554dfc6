"""Index of known check-ins, loaded once, that the rows of a file may repeat, correct or supersede."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.check_in import CURRENT, CheckIn
from okr_api.store.full_load import check_in_families

from .import_row import as_uuid, own_id
from .import_session import ImportSession
from .json_values import is_storable


@dataclass
class CheckInIndex:
    """Index of the known check-ins, including those of this import.

    `said_as` holds all check-ins imported from one row, by the row's external id; `currents` all current
    values of a key result. Both are oldest first.
    """

    by_id: dict[UUID, CheckIn] = field(default_factory=dict)
    by_external_id: dict[str, CheckIn] = field(default_factory=dict)
    superseded_by: dict[UUID, CheckIn] = field(default_factory=dict)
    said_as: defaultdict[str, list[CheckIn]] = field(default_factory=lambda: defaultdict(list))
    currents: defaultdict[UUID, list[CheckIn]] = field(default_factory=lambda: defaultdict(list))

    def add(self, check_in: CheckIn) -> None:
        """Add a check-in, which is the latest so far."""
        self.by_id[check_in.id] = check_in
        if check_in.supersedes_id is not None:
            self.superseded_by[check_in.supersedes_id] = check_in
        if check_in.external_id is not None:
            self.by_external_id[check_in.external_id] = check_in
        if check_in.imported_as == CURRENT:
            self.currents[check_in.about_id].append(check_in)
        elif (row := check_in.imported_as or check_in.external_id) is not None:
            self.said_as[row].append(check_in)

    def latest_of(self, external_id: str) -> CheckIn | None:
        """Return the check-in last imported from the row with that external id."""
        said = self.said_as.get(external_id)
        return said[-1] if said else None

    def latest_current(self, key_result_id: UUID) -> CheckIn | None:
        """Return the last imported current value of a key result."""
        said = self.currents.get(key_result_id)
        return said[-1] if said else None

    def standing(self, check_in: CheckIn) -> CheckIn:
        """Return the last correction of a check-in, or the check-in itself."""
        while check_in.id in self.superseded_by:
            check_in = self.superseded_by[check_in.id]
        return check_in


async def load_check_in_index(session: ImportSession, key_results: Iterable[UUID]) -> CheckInIndex:
    """Load the check-ins that the file's rows may refer to, and the current values of key results."""
    if session.restoring:
        return CheckInIndex()  # the organisation has no check-ins yet
    external_ids, ids = list[str](), list[UUID]()
    for _, fields in session.file.rows("check_ins"):
        name = fields.get("id") if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or not isinstance(name, str | int) or not is_storable(str(name)):
            continue  # such a row is rejected when it is imported
        external_ids.append(session.file.external_id(str(name)))
        own = as_uuid(str(fields.get("uuid"))) or own_id(str(name))
        if session.file.full and own is not None:
            ids.append(own)
    check_in_index = CheckInIndex()
    work = session.work
    found = await check_in_families(
        work.connection,
        work.organization.id,
        ids=ids,
        external_ids=external_ids,
        current_of=list(key_results),
    )
    for check_in in sorted(found, key=lambda each: (each.seq, each.place)):
        check_in_index.add(check_in)
    return check_in_index
