"""The measures that key result types of foreign files become."""

import pytest

from okr_api.okr.errors import Refused
from okr_api.okr.measure import KeyResultMeasure as M
from okr_api.okr.measure import Measure, Milestone
from okr_api.services.import_export.measures import read_measure
from okr_api.services.import_export.row_parser import ParsedRow

FOREIGN = {
    "a metric goes up": (
        {"type": "metric", "direction": "increase", "start": 20, "target": 60, "unit": "h"},
        Measure(M.INCREASE, "h", 20.0, 60.0),
        None,
    ),
    "a metric goes down": (
        {"type": "metric", "direction": "decrease", "start": 60, "target": 20},
        Measure(M.DECREASE, None, 60.0, 20.0),
        None,
    ),
    "without a direction the way tells it": (
        {"type": "metric", "start": 60, "target": 20},
        Measure(M.DECREASE, None, 60.0, 20.0),
        None,
    ),
    "no type is a metric": ({"start": 0, "target": 3}, Measure(M.INCREASE, None, 0.0, 3.0), None),
    "without a target": (
        {"type": "metric", "direction": "decrease", "start": 5, "target": None},
        Measure(M.DECREASE, None, 5.0, None),
        "NO_TARGET",
    ),
    "start is target": (
        {"type": "metric", "direction": "increase", "start": 100, "target": 100.0},
        Measure(M.INCREASE, None, 100.0, 100.0),
        "NO_SPAN",
    ),
    "without a start the first reading becomes it": (
        {"type": "metric", "direction": "increase", "start": None, "target": 7},
        Measure(M.INCREASE, None, None, 7.0),
        None,
    ),
    "down is good and the target above: a ceiling": (
        {"type": "metric", "direction": "decrease", "start": 80, "target": 90},
        Measure(M.AT_MOST, None, 80.0, 90.0),
        "TAKEN_AS_LIMIT",
    ),
    "up is good and the target below: a floor": (
        {"type": "metric", "direction": "increase", "start": 99, "target": 95},
        Measure(M.AT_LEAST, None, 99.0, 95.0),
        "TAKEN_AS_LIMIT",
    ),
    "a percentage without ends": ({"type": "percent"}, Measure(M.INCREASE, "%", 0.0, 100.0), None),
    "a percentage that falls": (
        {"type": "percent", "direction": "decrease"},
        Measure(M.DECREASE, "%", 100.0, 0.0),
        None,
    ),
    "a percentage with ends": (
        {"type": "percent", "start": 40, "target": 70, "unit": "%"},
        Measure(M.INCREASE, "%", 40.0, 70.0),
        None,
    ),
    "a score": ({"type": "score", "start": 0.0, "target": 1.0}, Measure(M.INCREASE, None, 0.0, 1.0), None),
    "a score with another target": (
        {"type": "score", "start": 0.0, "target": 0.7},
        Measure(M.INCREASE, None, 0.0, 1.0),
        None,
    ),
    "an ordinal": (
        {"type": "ordinal", "start": 1, "commit": 2, "target": 3, "stretch": 4},
        Measure(M.ZONES, None, 1.0, 3.0, commit_value=2.0, stretch_value=4.0),
        None,
    ),
    "an ordinal without all points": (
        {"type": "ordinal", "start": 1, "target": 3, "stretch": True},
        Measure(M.ZONES, None, 1.0, 3.0),
        "NO_TARGET",
    ),
    "an ordinal that goes nowhere": (
        {"type": "ordinal", "start": 1, "commit": 1, "target": 1, "stretch": 1},
        Measure(M.ZONES, None, 1.0, 1.0, commit_value=1.0, stretch_value=1.0),
        "NO_SPAN",
    ),
    "a milestone is a yes or no": ({"type": "milestone", "target": 1}, Measure(M.BOOLEAN), None),
    "a milestone of several is a count": (
        {"type": "milestone", "target": 5},
        Measure(M.INCREASE, None, 0.0, 5.0),
        None,
    ),
    "milestones by name": (
        {"type": "milestone", "milestones": ["Plan", {"name": "Do", "weight": 2, "due_on": None}]},
        Measure(M.MILESTONES, milestones=(Milestone("1", "Plan"), Milestone("2", "Do", 2.0))),
        None,
    ),
    "our own words": (
        {"measure": {"kind": "WITHIN", "lower": 1, "upper": 2, "unit": "x"}, "type": "metric", "target": 9},
        Measure(M.WITHIN, "x", lower_bound=1.0, upper_bound=2.0),
        None,
    ),
    "our own words without a target": (
        {"measure": {"kind": "AT_MOST"}},
        Measure(M.AT_MOST),
        "NO_TARGET",
    ),
}


@pytest.mark.parametrize(("row", "measure", "note"), FOREIGN.values(), ids=FOREIGN.keys())
def test_it_becomes(row, measure, note):
    measured = read_measure(ParsedRow(row, "key_results[0]"), None)
    assert measured.measure == measure
    assert (measured.note[0] if measured.note else None) == note


def test_what_a_limit_was_before_is_kept():
    row = {"type": "percent", "direction": "decrease", "start": 3, "target": 9}
    assert read_measure(ParsedRow(row, "here"), None).originals == row


def test_a_type_that_is_not_a_metric_is_kept_with_what_it_said_otherwise():
    score = read_measure(ParsedRow({"type": "score", "start": 0, "target": 0.7}, "here"), None)
    assert score.originals == {"type": "score", "start": 0.0, "target": 0.7}
    metric = read_measure(ParsedRow({"type": "metric", "start": 0, "target": 7}, "here"), None)
    assert metric.originals == {}


def test_a_row_that_says_nothing_of_its_measure_keeps_what_is_known():
    known = Measure(M.BOOLEAN)
    assert read_measure(ParsedRow({"title": "x"}, "here"), known).measure is known


REFUSED = {
    "our own words against the direction": {"measure": {"kind": "DECREASE", "start": 1, "target": 2}},
    "a unit that is too long": {"type": "metric", "unit": "u" * 41, "target": 1},
    "two milestones of one key": {
        "measure": {"kind": "MILESTONES", "milestones": [{"key": "a", "name": "A"}] * 2}
    },
    "a milestone without a name": {"measure": {"kind": "MILESTONES", "milestones": [{"key": "a"}]}},
    "a weight of a milestone below 0": {
        "measure": {"kind": "MILESTONES", "milestones": [{"key": "a", "name": "A", "weight": -1}]}
    },
}


@pytest.mark.parametrize("row", REFUSED.values(), ids=REFUSED.keys())
def test_what_makes_no_sense_is_refused(row):
    with pytest.raises(Refused):
        read_measure(ParsedRow(row, "here"), None)
