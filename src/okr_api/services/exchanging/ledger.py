"""The ledger: the check-ins that are there, while a file's are being taken in."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.check_in import CheckIn
from okr_api.store.everything import check_in_families

from .entry import as_uuid, own_id
from .intake import Intake
from .json_values import is_storable


@dataclass
class Ledger:
    """The check-ins that are there, those of this import included.

    A row `X` that was corrected by later files is followed by `X~2`, `X~3` and so on: its family.
    """

    by_id: dict[UUID, CheckIn] = field(default_factory=dict)
    by_external_id: dict[str, CheckIn] = field(default_factory=dict)
    superseded_by: dict[UUID, CheckIn] = field(default_factory=dict)
    families: defaultdict[str, dict[int, CheckIn]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, check_in: CheckIn) -> None:
        """Takes a check-in."""
        self.by_id[check_in.id] = check_in
        if check_in.supersedes_id is not None:
            self.superseded_by[check_in.supersedes_id] = check_in
        if check_in.external_id is not None:
            self.by_external_id[check_in.external_id] = check_in
            first, _, number = check_in.external_id.rpartition("~")
            if first and number.isdecimal():
                self.families[first][int(number)] = check_in
            self.families[check_in.external_id][1] = check_in

    def latest_of(self, external_id: str, besides: Collection[str] = ()) -> CheckIn | None:
        """What files have said last under that external id; `besides` are ids that are rows themselves."""
        family = self.families.get(external_id, {})
        own = [
            number for number, each in family.items() if number == 1 or str(each.external_id) not in besides
        ]
        return family[max(own)] if own else None

    def next_in(self, external_id: str) -> str:
        """The external id for the next of a family."""
        family = self.families.get(external_id)
        return f"{external_id}~{max(family) + 1}" if family else external_id

    def standing(self, check_in: CheckIn) -> CheckIn:
        """The check-in that holds in its place, after every correction."""
        while check_in.id in self.superseded_by:
            check_in = self.superseded_by[check_in.id]
        return check_in


async def open_ledger(intake: Intake, currents: Iterable[str]) -> Ledger:
    """The check-ins that the file's rows may mean, in one statement."""
    external_ids, ids = list(currents), list[UUID]()
    for _, fields in intake.file.rows("check_ins"):
        name = fields.get("id") if isinstance(fields, dict) else None
        if not isinstance(fields, dict) or not isinstance(name, str | int) or not is_storable(str(name)):
            continue  # such a row is refused when it is taken in
        external_ids.append(intake.file.external_id(str(name)))
        own = as_uuid(str(fields.get("uuid"))) or own_id(str(name))
        if intake.file.full and own is not None:
            ids.append(own)
    ledger = Ledger()
    work = intake.work
    for check_in in await check_in_families(work.connection, work.organization.id, ids, external_ids):
        ledger.add(check_in)
    return ledger
