"""Demo cadence of a team, an absence, and the steps that set them."""

from datetime import time, timedelta

from okr_api.okr.cadence import Cadence, Weekday
from okr_api.services.absences import add_absence
from okr_api.services.teams import edit_team

from .company import DIRECTOR
from .dates import Calendar
from .steps import Step, ref_to

BOOKING = Cadence(weeks=1, weekday=Weekday.FRIDAY, at=time(16))


def rhythm_steps(calendar: Calendar) -> list[Step]:
    """Return the steps: one team checks in on Fridays, and a person is away next week."""
    away = {
        "person": ref_to("luca"),
        "starts_on": calendar.today + timedelta(days=7),
        "ends_on": calendar.today + timedelta(days=13),
        "delegate": ref_to("noor"),
        "note": "At the yard in Viana, without a phone.",
        "external_id": "luca-at-the-yard",
    }
    return [
        Step(
            "cadence booking",
            DIRECTOR,
            edit_team,
            {"team": ref_to("booking"), "edits": {"cadence": BOOKING}},
        ),
        Step("absence luca", "luca", add_absence, away),
    ]
