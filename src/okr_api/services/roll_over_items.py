"""Items of a roll-over: resolve what they name, each once, and check that they fit the cycle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.cycle import Cycle
from okr_api.okr.errors import InvalidInput, StateDoesNotFit, TooMany
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.numbers import finite
from okr_api.okr.roll_over import CARRIED_STATES
from okr_api.okr.roll_over_errors import NamedTwice, NotInCycle
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.tree_loader import load_key_results, load_objectives
from okr_api.store.unit_of_work import Work

from .references import Ref

MAX_ROLL_OVER_ITEMS = 1_000
MAX_ROLL_OVER_KEY_RESULTS = 1_000  # in all items together

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class KeyResultItem:
    """What an item says of a key result; `values` are those of its measure by name."""

    key_result: Ref
    skip: bool = False
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RollOverItem:
    """What the input says of an objective."""

    objective: Ref
    skip: bool = False
    key_results: Sequence[KeyResultItem] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wished of an objective or a key result; paths of the item, and of its reference."""

    path: Path
    skip: bool
    values: Mapping[str, float] = field(default_factory=dict)
    key_results: Mapping[UUID, "Wish"] = field(default_factory=dict)
    named_at: Path = ()


async def wishes_of(work: Work, cycle: Cycle, items: Sequence[RollOverItem]) -> dict[UUID, Wish]:
    """Return what items wish of the objectives of a cycle, which are loaded with their parts.

    Raises:
        TooMany: there are more than `MAX_ROLL_OVER_ITEMS`, or than `MAX_ROLL_OVER_KEY_RESULTS` in them.
        InvalidInput: something is skipped and has values as well, a value is out of bounds, or a key result
            belongs to another objective.
        NotFound: there is no such objective or key result.
        NotInCycle: an objective is one of another cycle.
        StateDoesNotFit: it is a draft or dropped, or a key result is dropped.
        NamedTwice: two items name the same.
    """
    _check_shape(items)
    objectives = await _ids(work, "objective", [item.objective for item in items])
    parts = await _ids(work, "key_result", [part.key_result for item in items for part in item.key_results])
    await load_objectives(work.connection, work.tree, [id for id in objectives.values() if id])
    tree, named = work.tree, [id for id in parts.values() if id]
    await load_key_results(work.connection, tree, named)
    owners = {tree.key_results[id].objective_id for id in named if id in tree.key_results}
    await load_objectives(work.connection, tree, owners)
    found: dict[UUID, Wish] = {}
    for place, item in enumerate(items):
        id = _objective_in(work, cycle, item, objectives[item.objective])
        if id in found:
            first = found[id].path[1]
            raise NamedTwice(f"It is the same objective as number {first}", path=item.objective.path)
        known = _key_results_of(work, id, item, parts, ("items", place))
        found[id] = Wish(("items", place), item.skip, key_results=known, named_at=tuple(item.objective.path))
    return found


def _check_shape(items: Sequence[RollOverItem]) -> None:
    """Check how many items there are, and that what is skipped has no values."""
    if len(items) > MAX_ROLL_OVER_ITEMS:
        raise TooMany(f"At most {MAX_ROLL_OVER_ITEMS} items at a time", path=["items"])
    if sum(len(item.key_results) for item in items) > MAX_ROLL_OVER_KEY_RESULTS:
        message = f"At most {MAX_ROLL_OVER_KEY_RESULTS} key results in all items together"
        raise TooMany(message, path=["items"])
    for place, item in enumerate(items):
        path: Path = ("items", place)
        if item.skip and item.key_results:
            message = "The objective is skipped, and with it its key results"
            raise InvalidInput(message, path=[*path, "keyResults"])
        for number, part in enumerate(item.key_results):
            for name, value in part.values.items():
                own = (*path, "keyResults", number, name)
                if part.skip:
                    raise InvalidInput("The key result is skipped, and takes no values", path=own)
                try:
                    finite(value, name)
                except InvalidInput as refusal:
                    raise refusal.under(*own[:-1]) from None


async def _ids(work: Work, kind: str, refs: Sequence[Ref]) -> dict[Ref, UUID | None]:
    """Return the ids that references name, with one statement; None for unknown external ids."""
    names = [ref.external_id for ref in refs if ref.id is None and ref.external_id is not None]
    known = await ids_by_external_id(work.connection, work.organization.id, kind, names)
    return {ref: ref.id or known.get(ref.external_id or "") for ref in refs}


def _objective_in(work: Work, cycle: Cycle, item: RollOverItem, id: UUID | None) -> UUID:
    """Return the objective of an item, which can be carried over or skipped."""
    ref = item.objective
    if id is None or id not in work.tree.objectives or not work.shows(id):
        raise ref.not_found("objective")
    known = work.tree.objectives[id]
    if known.cycle_id != cycle.id:
        other = work.tree.cycles[known.cycle_id]
        raise NotInCycle(
            f"{known.title!r} is an objective of {other.name}, not of {cycle.name}", path=ref.path
        )
    if known.state not in CARRIED_STATES and not item.skip:
        raise StateDoesNotFit(f"{known.title!r} is {known.state}; it cannot be carried over", path=ref.path)
    return id


def _key_results_of(
    work: Work, objective_id: UUID, item: RollOverItem, ids: Mapping[Ref, UUID | None], path: Path
) -> dict[UUID, Wish]:
    found: dict[UUID, Wish] = {}
    for number, part in enumerate(item.key_results):
        ref, id = part.key_result, ids[part.key_result]
        if id is None or id not in work.tree.key_results or not work.shows(id):
            raise ref.not_found("key result")
        known = work.tree.key_results[id]
        if known.objective_id != objective_id:
            owner = work.tree.objectives[objective_id]
            raise InvalidInput(
                f"{known.title!r} belongs to another objective than {owner.title!r}", path=ref.path
            )
        if known.state is KeyResultState.DROPPED and not part.skip:
            raise StateDoesNotFit(f"{known.title!r} is DROPPED; it cannot be carried over", path=ref.path)
        if id in found:
            raise NamedTwice(f"It is the same key result as number {found[id].path[-1]}", path=ref.path)
        found[id] = Wish((*path, "keyResults", number), part.skip, part.values)
    return found
