"""Demo formula: the minutes that a guest waits, at boarding and for the departure, of two teams together."""

from okr_api.okr.formula import FormulaFunction
from okr_api.services import key_results
from okr_api.services.formulas import FormulaRequest
from okr_api.services.references import Ref

from .definitions import decrease
from .steps import Step, ref_to

FORMULA = "minutes-waited"
PARTS = ("boarding-time", "average-delay")


def formula_steps() -> list[Step]:
    """Return the steps that add a key result computed from others, which counts in no mean."""
    return [
        Step(
            f"key result {FORMULA}",
            "ines",
            key_results.define_key_result,
            {
                "objective": ref_to("crossings-people-rely-on"),
                "title": "Minutes that a guest waits at the pontoon",
                "description": "Boarding and delay: neither team gains by moving the wait to the other.",
                "measure": decrease(25, 14, "min"),
                "weight": 0.0,
                "owner": ref_to("ines"),
                "external_id": FORMULA,
                "formula": FormulaRequest(FormulaFunction.SUM, [Ref(external_id=key) for key in PARTS]),
            },
        )
    ]
