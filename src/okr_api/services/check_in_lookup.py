"""Check-in items: their input type, bulk loading of what they refer to, and the permission for each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.check_in import CheckIn, ReportedStatus
from okr_api.okr.errors import NotFound, Refused
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action, Editing
from okr_api.store.entity_lookup import ids_by_external_id, rows_by_id, superseded_among
from okr_api.store.mappers.check_in import check_in_of
from okr_api.store.tree_loader import load_all_readings, load_key_results, load_reports
from okr_api.store.unit_of_work import Work

from .moved_nodes import load_moved
from .permissions import Undecided, check_permitted, undecided
from .references import Ref


@dataclass(frozen=True, slots=True)
class CheckInRequest:
    """Input of one check-in, correction or retraction.

    `effective_on` means noon of that local day; `retraction_reason` retracts the check-in `supersedes`;
    `problem` is the error of an item that could not be parsed.
    """

    key_result: Ref | None = None
    objective: Ref | None = None
    value: float | None = None
    milestones_done: tuple[str, ...] | None = None
    confidence: float | None = None
    status: ReportedStatus | None = None
    note: str | None = None
    effective_at: datetime | None = None
    effective_on: date | None = None
    supersedes: Ref | None = None
    external_id: str | None = None
    retraction_reason: str | None = None
    problem: Refused | None = None


@dataclass
class Lookup:
    """Key results, objectives and check-ins that the items of all callers of a group refer to."""

    key_results: dict[str, UUID]
    objectives: dict[str, UUID]
    check_ins: dict[UUID, CheckIn]
    check_in_ids: dict[str, UUID]
    superseded: set[UUID]

    def key_result(self, ref: Ref) -> UUID | None:
        """Return the id of the key result that a reference names, or None."""
        return ref.id or self.key_results.get(ref.external_id or "")

    def objective(self, ref: Ref) -> UUID | None:
        """Return the id of the objective that a reference names, or None."""
        return ref.id or self.objectives.get(ref.external_id or "")

    def check_in(self, ref: Ref) -> CheckIn | None:
        """Return the check-in that a reference names, or None."""
        id = ref.id or self.check_in_ids.get(ref.external_id or "")
        return self.check_ins.get(id) if id else None

    def add(self, made: CheckIn) -> None:
        """Add a recorded check-in, so that later callers of the group can correct it."""
        self.check_ins[made.id] = made
        if made.external_id:
            self.check_in_ids[made.external_id] = made.id
        if made.supersedes_id is not None:
            self.superseded.add(made.supersedes_id)


async def load_references(work: Work, items: Sequence[CheckInRequest], *, whole: bool = False) -> Lookup:
    """Load everything that the items refer to into the work, in a number of statements that hardly grows.

    Siblings are loaded as summaries, unless a reading may change a curve. A curve may also change because it
    was stored under other rules, such as older time zone data: that shows only during recomputation, and a
    retry with `whole` loads the complete siblings.
    """
    connection, organization = work.connection, work.organization.id
    named = [item.key_result for item in items if item.key_result]
    corrected = [item.supersedes for item in items if item.supersedes]
    external = [ref.external_id for ref in named if ref.external_id and not ref.id]
    key_results = await ids_by_external_id(connection, organization, "key_result", external)
    reported = [item.objective for item in items if item.objective]
    titled = [ref.external_id for ref in reported if ref.external_id and not ref.id]
    objectives = await ids_by_external_id(connection, organization, "objective", titled)
    taken = [ref.external_id for ref in corrected if ref.external_id]
    taken += [item.external_id for item in items if item.external_id]
    check_in_ids = await ids_by_external_id(connection, organization, "check_in", taken)
    wanted = [ref.id or check_in_ids.get(ref.external_id or "") for ref in corrected]
    ids = [id for id in wanted if id is not None]
    check_ins = {
        row["id"]: check_in_of(row) for row in await rows_by_id(connection, organization, "check_in", ids)
    }
    superseded = await superseded_among(connection, organization, ids) if ids else set()
    found = Lookup(key_results, objectives, check_ins, check_in_ids, superseded)
    touched = {id for ref in named if (id := found.key_result(ref))}
    corrections = {each.key_result_id for each in check_ins.values() if each.key_result_id}
    on_objectives = {id for ref in reported if (id := found.objective(ref))}
    revised = {each.objective_id for each in check_ins.values() if each.objective_id}
    await load_measured(
        work, touched | corrections, corrections, on_objectives | revised, revised, whole=whole
    )
    return found


async def load_measured(
    work: Work,
    key_results: Collection[UUID],
    corrected: Collection[UUID],
    objectives: Collection[UUID] = (),
    revised: Collection[UUID] = (),
    *,
    whole: bool = False,
) -> None:
    """Load what check-ins are about, what they can affect, and the readings and reports of these.

    `corrected` are the key results, and `revised` the objectives, of which a stored check-in is corrected;
    see `load_references` for `whole`.
    """
    connection = work.connection
    await load_key_results(connection, work.tree, key_results)
    known = [id for id in key_results if id in work.tree.key_results]
    await load_moved(work, known, objectives, whole=whole)
    # Correcting a stored reading may uncover others, so load all. A reading that the group itself records and
    # corrects was added to the decisive ones and leaves them as they were.
    if corrected:
        await load_all_readings(connection, work.tree, sorted(corrected))
    if objectives:
        await load_reports(connection, work.tree, sorted(set(objectives).difference(revised)))
        await load_reports(connection, work.tree, sorted(revised), all_of_them=True)


def add_check_ins(work: Work, recorded: Sequence[CheckIn]) -> None:
    """Add check-ins to the work and to the readings of what they are on, without those they supersede."""
    for made in recorded:
        readings = work.tree.readings[made.about_id]
        if made.supersedes_id is not None:
            readings[:] = [reading for reading in readings if reading.check_in_id != made.supersedes_id]
        if made.retraction_reason is None:
            readings.append(made.reading)
    work.check_ins.extend(recorded)
    work.touch(
        key_results=[made.key_result_id for made in recorded if made.key_result_id],
        objectives=[made.objective_id for made in recorded if made.objective_id],
    )


class Named(NamedTuple):
    """What an item is about: a key result with its objective, or an objective; and what it corrects."""

    earlier: CheckIn | None
    objective: Objective
    key_result: KeyResult | None

    @property
    def node(self) -> KeyResult | Objective:
        """Return the key result or the objective that is checked in on."""
        return self.key_result or self.objective


def named_in(work: Work, item: CheckInRequest, found: Lookup, taken: Mapping[str, CheckIn]) -> Named:
    """Return what an item is about and corrects; raise `NotFound` if that is absent or hidden."""
    earlier = None
    if item.supersedes is not None:
        earlier = taken.get(item.supersedes.external_id or "") or found.check_in(item.supersedes)
        if earlier is None or not work.shows(earlier.about_id):
            raise item.supersedes.not_found("check-in")
    tree = work.tree
    if item.objective or (earlier and earlier.objective_id and not item.key_result):
        own = earlier.objective_id if earlier else None
        id = found.objective(item.objective) if item.objective else own
        if id is None or id not in tree.objectives or not work.shows(id):
            raise (item.objective or item.supersedes or Ref()).not_found("objective")
        return Named(earlier, tree.objectives[id], None)
    ref = item.key_result
    id = found.key_result(ref) if ref else (earlier.key_result_id if earlier else None)
    if id is None or id not in tree.key_results or not work.shows(id):
        raise (ref or item.supersedes or Ref(path=("keyResult",))).not_found("key result")
    key_result = tree.key_results[id]
    return Named(earlier, tree.objectives[key_result.objective_id], key_result)


def undecided_items(
    work: Work, actor: Actor, items: Sequence[CheckInRequest], found: Lookup
) -> set[Undecided]:
    """Return what decides whether the actor may record the items."""
    if actor.is_service or work.organization.editing is Editing.EVERYONE:
        return set()
    asked: set[Undecided] = set()
    for item in items:
        try:
            named = named_in(work, item, found, {})
        except NotFound:  # it is rejected, or names an earlier item of the same mutation
            continue
        asked |= undecided(work, actor, Action.CHECK_IN, named.objective, named.key_result)
    return asked


def check_permitted_check_in(work: Work, actor: Actor, named: Named, item: CheckInRequest) -> None:
    """Raise `Forbidden` unless the actor may record the item; the roles that decide are loaded."""
    ref = item.key_result or item.objective or item.supersedes or Ref()
    check_permitted(work, actor, Action.CHECK_IN, named.objective, ref.path, named.key_result)
