"""Explanations as served: contributions add up to the answered numbers, and hidden parts are one line."""

import math
from typing import Any

from okr_api.okr.formula import FormulaFunction
from okr_api.services import key_results
from okr_api.services.formulas import FormulaRequest
from okr_api.services.references import Ref
from tests.acme import Acme
from tests.serving import Client

PARTS = (
    "value rule parts { title counted reason weight share value contribution status node { __typename id } }"
    " hidden { count weight share contribution } others { count }"
)
NUMBERS = ("progress", "confidence", "expectedProgress", "score")
EXPLAINED = f"explain {{ {' '.join(f'{name} {{ {PARTS} }}' for name in (*NUMBERS, 'status'))} }}"
ALL = (
    f"{{ objectives(first: 100) {{ nodes {{ title {' '.join(NUMBERS)} status {EXPLAINED} }} }}"
    f" keyResults(first: 100) {{ nodes {{ title {' '.join(NUMBERS)} status {EXPLAINED} }} }} }}"
)


def added_up(explanation: dict[str, Any]) -> float:
    """Return the sum of all contributions."""
    folds = [fold["contribution"] for fold in (explanation["hidden"],) if fold]
    return math.fsum([*folds, *(p["contribution"] for p in explanation["parts"] if p["counted"])])


async def test_contributions_add_up_to_what_is_answered_bit_for_bit(client: Client, acme: Acme) -> None:
    for name, value in (("macros", 5), ("backlog", 130), ("errors", 3), ("latency", 333)):
        await acme.check_in(name, value, confidence=0.7)
    answer = await client.ask(ALL)
    explained = 0
    for node in [*answer["objectives"]["nodes"], *answer["keyResults"]["nodes"]]:
        for name in NUMBERS:
            told = node["explain"][name]
            assert told["value"] == node[name], (node["title"], name)
            assert told["rule"].endswith(".")
            if any(part["counted"] for part in told["parts"]):
                assert added_up(told) == node[name]
                explained += 1
    assert explained > 3


async def test_a_rule_has_its_numbers_put_in(client: Client, acme: Acme) -> None:
    await acme.check_in("backlog", 130)
    query = (
        "query ($id: String) { keyResult(externalId: $id) { explain { progress { rule value parts { title } }"
        " confidence { rule value } score { rule value } } } }"
    )
    told = (await client.one(query, id="backlog"))["explain"]
    assert told == {
        "progress": {
            "rule": "Distance covered from the start to the target: (130 − 200) / (0 − 200) = 0.35.",
            "value": 0.35,
            "parts": [],
        },
        "confidence": {"rule": "No check-in has stated a confidence.", "value": None},
        "score": {"rule": "There is no score before the cycle has ended or is in review.", "value": None},
    }


async def test_a_formula_is_explained_by_the_values_that_it_adds(client: Client, acme: Acme) -> None:
    for name, value in (("north", 0.1), ("south", 0.2), ("west", None), ("east", 7)):
        await acme.key_result(name, "never_down", external_id=name)
        if value is not None:
            await acme.check_in(name, value)
    await acme.done(key_results.drop_key_result, key_result="east", reason="No more")
    for function, value, noun in (("SUM", 0.1 + 0.2, "Sum"), ("MEAN", (0.1 + 0.2) / 2, "Mean")):
        request = FormulaRequest(
            FormulaFunction(function), [Ref(external_id=name) for name in ("north", "south", "west", "east")]
        )
        await acme.key_result(function, "answer_fast", formula=request, external_id=function)
        query = (
            f"query ($id: String) {{ keyResult(externalId: $id) {{ currentValue"
            f" explain {{ currentValue {{ {PARTS} }} }} }} }}"
        )
        answer = await client.one(query, id=function)
        told = answer["explain"]["currentValue"]
        assert told["value"] == answer["currentValue"] == value == added_up(told)
        assert told["rule"] == (
            f"{noun} of the current values of 2 key results: {value:.6g}; 2 more have none that counts."
        )
        assert [(part["title"], part["value"], part["reason"]) for part in told["parts"]] == [
            ("north", 0.1, None),
            ("south", 0.2, None),
            ("west", None, "NO_VALUE"),
            ("east", None, "DROPPED"),
        ]
    query = f'{{ objective(externalId: "never_down") {{ explain {{ currentValue {{ {PARTS} }} }} }} }}'
    told = (await client.one(query))["explain"]["currentValue"]
    assert (told["value"], told["parts"]) == (None, [])
