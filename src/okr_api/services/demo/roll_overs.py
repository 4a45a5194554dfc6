"""Demo roll-over: what the reviews of the last quarter let go on in the present one; the steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.key_results import edit_key_result
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.objectives import edit_objective, publish_objective
from okr_api.services.references import Ref, cycle_at, key_result_at, objective_at
from okr_api.services.roll_over import roll_over
from okr_api.store.roll_over_lookup import successors_of
from okr_api.store.unit_of_work import Work

from .company import DIRECTOR, PEOPLE
from .dates import Calendar
from .steps import Step, ref_to


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """Objective of the last quarter that goes on, with what is done with its successor.

    `key_results` are the keys of the successors of its key results, by theirs. `edits` are made to the draft;
    without any it is published as it is.
    """

    earlier: str
    key: str
    owner: str
    key_results: Mapping[str, str]
    edits: Mapping[str, Any] = field(default_factory=dict)


CARRIED_OVER = (
    CarriedOver(
        "tickets-on-the-phone",
        "tickets-on-every-phone",
        "mei",
        {
            "tickets-without-paper": "tickets-still-without-paper",
            "desks-without-a-printer": "all-desks-without-a-printer",
        },
    ),
    CarriedOver(
        "no-bag-left-behind",
        "no-bag-left-at-the-gate",
        "luca",
        {"bags-lost": "bags-lost-at-the-gate", "bags-found-in-a-day": "bags-found-at-the-gate-in-a-day"},
        {"title": "No bag stays at the second gate"},
    ),
)
READ = "tickets-still-without-paper"  # the key result with check-ins
FIRST, MORE_EACH_WEEK = 43.0, 2.0


def roll_over_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that carry over what goes on; one objective is published, the other stays a draft."""
    earlier, later = calendar.last_quarter.key, calendar.quarter.key
    cycles = {"from_cycle": ref_to(earlier), "to_cycle": ref_to(later)}
    steps = [Step(f"roll {earlier} over", DIRECTOR, roll_over, cycles)]
    for each in CARRIED_OVER:
        named: dict[str, Any] = {"earlier": ref_to(each.earlier), "cycle": ref_to(later)}
        edits = {**each.edits, "external_id": each.key}
        steps.append(
            Step(f"carry over into {each.key}", each.owner, _edit_successor, {**named, "edits": edits})
        )
        for former, key in each.key_results.items():
            naming = {"objective": ref_to(each.key), "earlier": ref_to(former), "external_id": key}
            steps.append(Step(f"carry over into {key}", each.owner, _name_key_result, naming))
        if not each.edits:
            publish = {"objective": ref_to(each.key)}
            steps.append(Step(f"publish {each.key}", each.owner, publish_objective, publish))
    return steps + _check_ins(calendar)


def _check_ins(calendar: Calendar) -> list[Step]:
    [mei] = [someone for someone in PEOPLE if someone.key == CARRIED_OVER[0].owner]
    readings = [
        CheckInRequest(
            key_result=Ref(external_id=READ),
            value=FIRST + MORE_EACH_WEEK * week,
            confidence=0.7,
            effective_at=calendar.at(day, 90),
            external_id=f"{READ}/{week + 1}",
        )
        for week, day in enumerate(calendar.weeks(mei.weekday))
    ]
    return [Step(f"check in {READ}", mei.key, items=readings)] if readings else []


async def _edit_successor(
    work: Work, actor: Actor, *, earlier: Ref, cycle: Ref, edits: Mapping[str, Any]
) -> MutationResult:
    """Edit what an objective was carried over into."""
    known = await objective_at(work, earlier)
    owner = work.connection, work.organization.id
    found = await successors_of(*owner, [known.id], cycle_at(work, cycle).id)
    return await edit_objective(work, actor, objective=Ref(found[known.id]), edits=edits)


async def _name_key_result(
    work: Work, actor: Actor, *, objective: Ref, earlier: Ref, external_id: str
) -> MutationResult:
    """Give the key result of an objective that was carried over from another one its external id."""
    known, former = await objective_at(work, objective), await key_result_at(work, earlier)
    [id] = [
        each.id
        for each in work.tree.key_results.values()
        if (each.objective_id, each.carried_from_id) == (known.id, former.id)
    ]
    edits = {"external_id": external_id}
    return await edit_key_result(work, actor, key_result=Ref(id), edits=edits, measure={})
