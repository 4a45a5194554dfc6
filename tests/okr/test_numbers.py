"""Numbers are finite doubles within bounds, and there is one tolerance."""

import json
import math

import pytest

from okr_api.okr.errors import InvalidInput
from okr_api.okr.numbers import (
    clamp,
    finite,
    finite_or_none,
    fraction,
    reaches,
    weight_of,
    weighted_mean,
)

NOT_TAKEN = {
    "NaN": math.nan,
    "infinity": math.inf,
    "negative infinity": -math.inf,
    "1e400": json.loads("1e400"),
    "just beyond 1e15": 1.0000001e15,
    "just beyond -1e15": -1.0000001e15,
    "a whole number of 400 digits": 10**400,
}


@pytest.mark.parametrize("value", NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_nan_infinity_and_what_is_too_large_are_refused_with_their_path(value):
    for checked in (finite, weight_of, fraction):
        with pytest.raises(InvalidInput) as refused:
            checked(value, "value")
        assert refused.value.path == ("value",)


@pytest.mark.parametrize("value", (0, 1, -5, 1e15, -1e15, 1e-300))
def test_a_finite_value_is_itself_as_a_double(value):
    assert finite(value, "value") == value
    assert type(finite(value, "value")) is float


def test_zero_has_no_sign():
    assert math.copysign(1, finite(-0.0, "value")) == 1


def test_a_value_may_be_left_out():
    assert finite_or_none(None, "value") is None
    assert finite_or_none(3, "value") == 3


@pytest.mark.parametrize("value", (0, 1e-6, 1, 1e6))
def test_a_weight_is_zero_or_a_millionth_to_a_million(value):
    assert weight_of(value) == value


@pytest.mark.parametrize("value", (-1, -1e-6, 9.9e-7, 1e-300, 1000000.1))
def test_any_other_weight_is_refused(value):
    with pytest.raises(InvalidInput):
        weight_of(value)


@pytest.mark.parametrize("value", (-0.1, 1.0001, 70))
def test_a_percentage_is_no_fraction(value):
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        fraction(value, "confidence")


@pytest.mark.parametrize(
    ("value", "reached"), ((0.7, True), (0.7 - 1e-10, True), (0.7 - 2e-9, False), (0.71, True), (0.69, False))
)
def test_a_threshold_forgives_a_billionth_and_no_more(value, reached):
    assert reaches(value, 0.7) is reached


def test_clamping_holds_within_0_and_1():
    assert [clamp(value) for value in (-0.5, -0.0, 0.25, 1.0, 1.5)] == [0, 0, 0.25, 1, 1]


def test_a_mean_without_weight_is_no_number():
    assert weighted_mean([]) is None
    assert weighted_mean([(0, 0.5)]) is None


def test_a_mean_is_summed_exactly():
    parts = [(1.0, 1e15), (1.0, 1.0), (1.0, -1e15)]
    assert weighted_mean(parts) == 1 / 3
    assert weighted_mean(reversed(parts)) == 1 / 3


def test_the_largest_weight_does_not_drown_the_smallest():
    assert weighted_mean([(1e6, 0.0), (1e-6, 1.0)]) == pytest.approx(1e-12)
