"""Refusals: a stable code from the name, a message, and the path to what is rejected."""

import re

import pytest

from okr_api.okr import errors
from okr_api.okr.errors import InvalidInput, Refused

REFUSALS = Refused.__subclasses__()


def test_the_code_is_the_name():
    assert errors.CycleIsClosed.code() == "CYCLE_IS_CLOSED"
    assert errors.NotFound.code() == "NOT_FOUND"


def test_codes_are_upper_case_and_told_apart():
    codes = [refusal.code() for refusal in REFUSALS]
    assert len(set(codes)) == len(codes) > 20
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code) for code in codes)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.code())
def test_a_refusal_says_what_it_is(refusal):
    assert refusal.__doc__ is not None
    assert refusal.__doc__.endswith(".")
    assert not refusal.__name__.endswith("Error")


def test_a_path_grows_from_the_outside():
    refused = InvalidInput("no", path=["dueOn"]).under("milestones", 2).under("input")
    assert refused.path == ("input", "milestones", "2", "dueOn")
    assert str(refused) == refused.message == "no"
