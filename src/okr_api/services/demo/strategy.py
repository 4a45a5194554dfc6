"""Demo strategy: the company's mission, vision and strategic priorities, and the steps that state them."""

from dataclasses import dataclass
from datetime import date

from okr_api.services import organization, priorities

from .company import DIRECTOR
from .dates import Calendar
from .steps import Step, ref_to

MISSION = "To carry people and what they need between the islands, on time and in any season."
VISION = "By 2035 nobody in the bay owns a car only because the ferry might not come."
YEARS_OF_STRATEGY = 3


@dataclass(frozen=True, slots=True)
class PlannedPriority:
    """Strategic priority to create, in order; one that `ends` does so with the strategy."""

    key: str
    title: str
    why: str
    owner: str
    ends: bool = False


PRIORITIES = (
    PlannedPriority(
        "islands-can-rely-on-us",
        "Islands that can rely on us",
        "A timetable is a promise. We keep it before we make new ones.",
        "tomas",
    ),
    PlannedPriority(
        "as-easy-as-stepping-aboard",
        "As easy as stepping aboard",
        "Whoever wants to sail should need us for nothing but the crossing.",
        "priya",
        ends=True,
    ),
    PlannedPriority(
        "a-bay-to-swim-in",
        "A bay to swim in",
        "What we leave in the water is ours to take out again.",
        "amara",
        ends=True,
    ),
)


def stating(calendar: Calendar) -> list[Step]:
    """Return the steps in which the director states what the company is for and what comes first."""
    begins = calendar.year.starts_on
    ends = date(begins.year + YEARS_OF_STRATEGY - 1, 12, 31)
    edits = {"mission": MISSION, "vision": VISION}
    return [
        Step("mission and vision", DIRECTOR, organization.edit_organization, {"edits": edits}),
        *(_priority(priority, begins, ends if priority.ends else None) for priority in PRIORITIES),
    ]


def _priority(priority: PlannedPriority, begins: date, ends: date | None) -> Step:
    return Step(
        f"priority {priority.key}",
        DIRECTOR,
        priorities.add_priority,
        {
            "title": priority.title,
            "description": priority.why,
            "owner": ref_to(priority.owner),
            "starts_on": begins,
            "ends_on": ends,
            "external_id": priority.key,
        },
    )
