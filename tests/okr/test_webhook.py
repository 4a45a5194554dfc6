"""Webhooks: when a failed attempt is repeated, and when a webhook is disabled."""

from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.webhook import (
    MAX_FAILING,
    MAX_FAILURES,
    MAX_RETRY_WAIT_S,
    MIN_RETRY_WAIT_S,
    has_failed_for_long,
    retry_wait_s,
)


@given(st.integers(1, 10_000), st.integers())
def test_a_wait_doubles_up_to_its_maximum_and_jitter_takes_away_up_to_half(failures: int, seed: int):
    most = min(MIN_RETRY_WAIT_S * 2 ** min(failures - 1, 100), MAX_RETRY_WAIT_S)
    assert most / 2 <= retry_wait_s(failures, Random(seed)) <= most


def test_it_takes_many_failures_and_a_long_time():
    assert has_failed_for_long(MAX_FAILURES, MAX_FAILING)
    assert not has_failed_for_long(MAX_FAILURES - 1, 2 * MAX_FAILING)
    assert not has_failed_for_long(2 * MAX_FAILURES, MAX_FAILING - timedelta(seconds=1))
