"""Mutation that generates the cycles of a year: the year and its four quarters, as one change."""

from dataclasses import replace

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.cycle import Cycle
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlreadyExists, CycleOutsideParent, CyclesOverlap
from okr_api.okr.fiscal_year import CycleDays, name_of_year, year_with_quarters
from okr_api.okr.objective import MAX_TITLE_LENGTH
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .cycles import enclosing_cycle_of
from .edits import new_values
from .mutation_runner import MutationResult
from .permissions import authorize_structure
from .references import Ref, title

MAX_NAME_LENGTH = MAX_TITLE_LENGTH - len("-Q1")


async def generate_cycles(
    work: Work,
    actor: Actor,
    *,
    year: int,
    fiscal_start_month: int = 1,
    name: str | None = None,
    parent: Ref | None = None,
    external_id: str | None = None,
) -> MutationResult:
    """Create the cycles of a year as drafts: the year, and its quarters within it.

    The quarters are named after the year, and so are their external ids if it gets one. The result's ids have
    the year under `node` and all five under `cycles`, the year first.

    Raises:
        AlreadyExists: there is a cycle with the days of one of them.
        CyclesOverlap: another cycle lies partly within one of them and partly outside.
        CycleOutsideParent: the year does not lie within the parent.
    """
    authorize_structure(work, actor)
    spans = year_with_quarters(year, fiscal_start_month)
    _check_days(work, spans)
    whole = title(name_of_year(year, fiscal_start_month) if name is None else name, "name", MAX_NAME_LENGTH)
    ids = [new_id() for _ in spans]
    for id, span in zip(ids, spans, strict=True):
        values = {
            "name": whole + span.suffix,
            "starts_on": span.starts_on,
            "ends_on": span.ends_on,
            "parent": Ref(ids[0]) if span.suffix else parent,
            "external_id": None if external_id is None else external_id + span.suffix.lower(),
        }
        cycle = Cycle(**await new_values(work, Cycle, id, values))
        if parent and not span.suffix:
            _check_enclosed(work, cycle, parent)
        work.tree.cycles[id] = cycle
    made = await record_change(work, actor, ChangeKind.CYCLES_GENERATED, NodeType.CYCLE, ids[0])
    return replace(made, ids={**made.ids, "cycles": ids})


def _check_enclosed(work: Work, year: Cycle, named: Ref) -> None:
    """Raise `CycleIsClosed` or `CycleOutsideParent` if the named cycle cannot enclose the year."""
    enclosing = enclosing_cycle_of(work, year, named.path)
    try:
        year.within(enclosing or year)
    except CycleOutsideParent as refusal:
        refusal.path = tuple(map(str, named.path))
        raise


def _check_days(work: Work, spans: tuple[CycleDays, ...]) -> None:
    """Raise `AlreadyExists` or `CyclesOverlap` if a cycle has the same days, or partly the same."""
    for span in spans:
        for cycle in work.tree.cycles.values():
            days = f"{cycle.name} ({cycle.starts_on} to {cycle.ends_on})"
            if (cycle.starts_on, cycle.ends_on) == (span.starts_on, span.ends_on):
                raise AlreadyExists(f"There is a cycle with these days: {days}", path=["year"])
            if span.overlaps(cycle.starts_on, cycle.ends_on):
                raise CyclesOverlap(
                    f"{days} lies partly within {span.starts_on} to {span.ends_on}; only cycles that "
                    "enclose one another may share days",
                    path=["year"],
                )
