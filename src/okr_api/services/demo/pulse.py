"""Demo pulse of the last quarter: its questions and everybody's answers; the steps."""

from okr_api.services.pulses import add_pulse, answer_pulse, close_pulse, open_pulse

from .company import DIRECTOR, PEOPLE
from .dates import Calendar
from .steps import Step, ref_to

QUESTIONS = (
    "I knew what mattered most this quarter.",
    "We said early when something went wrong.",
    "What we measured told us whether we got anywhere.",
)
ANSWERS = ((5, 3, 4), (4, 2, 4), (4, 3, 3), (5, 4, 4), (3, 2, 2), (5, 3, 4), (3, 2, 1), (4, 4, 3))


def pulse_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that ask everybody how the last quarter went, and show the results."""
    cycle = calendar.last_quarter.key
    key = f"{cycle}-pulse"
    asked = {"cycle": ref_to(cycle), "questions": QUESTIONS, "external_id": key}
    named = {"pulse": ref_to(key)}
    return [
        Step(f"pulse {key}", DIRECTOR, add_pulse, asked),
        Step(f"open {key}", DIRECTOR, open_pulse, named),
        *(
            Step(f"answer {key} {someone.key}", someone.key, answer_pulse, named | {"answers": answers})
            for someone, answers in zip(PEOPLE, ANSWERS, strict=True)
        ),
        Step(f"close {key}", DIRECTOR, close_pulse, named),
    ]
