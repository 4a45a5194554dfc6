"""Demo replacements: the steps by which objectives are dropped for successors that take a key result over."""

from okr_api.services.objective_replacement import replace_objective

from .objectives import OBJECTIVES
from .steps import Step, ref_to

GOING_ON = ("islanders-on-the-list",)  # what a successor takes over


def replacement_steps() -> list[Step]:
    """Return the steps that replace objectives."""
    return [
        Step(
            f"replace {objective.key}",
            objective.owner,
            replace_objective,
            {
                "objective": ref_to(objective.key),
                "reason": objective.successor.because,
                "values": {
                    "title": objective.successor.title,
                    "description": objective.successor.why,
                    "external_id": objective.successor.key,
                },
                "placement": {},
                "key_results": [ref_to(key) for key in GOING_ON],
            },
        )
        for objective in OBJECTIVES
        if objective.successor
    ]
