"""Of the many readings of a limit, a few sum up the standing that all of them give."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.key_result import KeyResult, Reading
from okr_api.okr.measure import JudgedBy
from okr_api.scoring.key_result import standing_of_key_result
from okr_api.scoring.limit_readings import MAX_READINGS_IN_ONE_STEP, deciding_readings
from okr_api.scoring.steps import Steps
from tests.loop_blocks import MAX_BLOCK_S, finished, least_step
from tests.scoring.sketch import BEGIN, CYCLE, END, OBJECTIVE, at_most, key_result, reading, revised_from

ZONE = ZoneInfo("UTC")
SAID = ("ON_TRACK", "AT_RISK", None, None, None)


def readings(random: Random, count: int) -> list[Reading]:
    """Return readings around a limit of 5, from before the cycle to after it, some without a value."""
    return [
        reading(
            random.uniform(-10, 110),
            random.choice((None, 4.0, 4.5, 5.0, 5.5, 6.0)),
            seq=seq,
            definition=random.choice((1, 1, 1, 2)),
            confidence=random.choice((None, None, 0.5)),
            status=random.choice(SAID),
        )
        for seq in range(count)
    ]


def decided(one: KeyResult, check_ins: list[Reading]) -> Steps[Sequence[Reading]]:
    return deciding_readings(one, check_ins, begin=BEGIN, end=END)


@pytest.mark.parametrize("seed", range(12))
def test_they_give_the_standing_of_all(seed: int):
    random = Random(seed)
    one = key_result(
        replace(at_most(5), judged_by=random.choice(list(JudgedBy))),
        role=random.choice(list(KeyResultRole)),
        target_revisions=random.choice(((), revised_from(at_most(4.5), at_most(5)))),
    )
    check_ins = readings(random, MAX_READINGS_IN_ONE_STEP + 1 + seed)
    if seed % 3 == 0:  # all from before the cycle, or after it
        shift = random.choice((-200, 200))
        check_ins = [
            replace(each, effective_at=each.effective_at + timedelta(days=shift)) for each in check_ins
        ]
    found = finished(decided(one, check_ins))
    assert len(found) < 10
    whole = standing_of_key_result(one, OBJECTIVE, CYCLE, ZONE, check_ins)
    assert standing_of_key_result(one, OBJECTIVE, CYCLE, ZONE, found) == whole


def test_of_a_few_all_are_taken():
    check_ins = readings(Random(1), MAX_READINGS_IN_ONE_STEP)
    assert finished(decided(key_result(at_most(5)), check_ins)) == check_ins


@pytest.mark.parametrize("in_order", (True, False))
def test_no_step_takes_long_however_many_there_are(in_order: bool):
    one = key_result(at_most(5))
    check_ins = [reading(place / 600, 4.0 + place % 3, seq=place) for place in range(50_000)]
    if not in_order:
        Random(1).shuffle(check_ins)
    found, block = least_step(lambda: decided(one, check_ins))
    assert len(found) < 10
    assert block.seconds < MAX_BLOCK_S
