"""Sentences of changes: every kind has one, and it says what can be known."""

import pytest

from okr_api.okr.change_kind import CLOCK_KINDS, ChangeKind
from okr_api.okr.change_sentences import (
    MAX_FIELDS_NAMED,
    MAX_NAME_CHARACTERS,
    MAX_SENTENCE_CHARACTERS,
    ChangeFacts,
    CheckedIn,
    Movement,
    phrase_of,
    sentence_of,
)
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType

ON, RISK = Status.ON_TRACK, Status.AT_RISK
RECORDED, UPDATED = ChangeKind.CHECK_IN_RECORDED, ChangeKind.OBJECTIVE_UPDATED


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_has_a_phrase_of_its_own_or_by_its_verb(kind: ChangeKind):
    assert phrase_of(kind).format(node="it").strip()
    sentence = sentence_of(ChangeFacts(kind, "Ana", NodeType.TEAM, "Sales"))
    assert sentence.startswith("Ana ") != (kind in CLOCK_KINDS)
    assert "'Sales'" in sentence or kind is ChangeKind.IMPORTED


def test_no_two_kinds_of_an_entity_say_the_same():
    said = [sentence_of(ChangeFacts(kind, "Ana", NodeType.OBJECTIVE, "Grow")) for kind in ChangeKind]
    of_objectives = [one for kind, one in zip(ChangeKind, said, strict=True) if kind.startswith("OBJECTIVE_")]
    assert len(set(of_objectives)) == len(of_objectives)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    (
        (
            ChangeFacts(
                RECORDED,
                "Ana",
                NodeType.CHECK_IN,
                checked_in=CheckedIn(1, "ARR", 47.0, None, 41.0),
                movement=Movement("Grow revenue", 0.41, 0.47, ON, ON),
            ),
            "Ana checked in 47 on 'ARR' (from 41); 'Grow revenue' rose from 41 % to 47 %",
        ),
        (
            ChangeFacts(RECORDED, "Ana", NodeType.CHECK_IN, checked_in=CheckedIn(1, "ARR", 1234567.5, "EUR")),
            "Ana checked in 1,234,567.5 EUR on 'ARR'",
        ),
        (
            ChangeFacts(RECORDED, "Ana", NodeType.CHECK_IN, checked_in=CheckedIn(1, "ARR", 3.0, None, 3.0)),
            "Ana checked in 3 on 'ARR'",
        ),
        (
            ChangeFacts(RECORDED, "Ana", NodeType.CHECK_IN, checked_in=CheckedIn(1, "ARR")),
            "Ana checked in on 'ARR'",
        ),
        (
            ChangeFacts(RECORDED, "nightly", NodeType.CHECK_IN, checked_in=CheckedIn(12)),
            "nightly checked in on 12 key results",
        ),
        (
            ChangeFacts(RECORDED, "Ana", NodeType.CHECK_IN, "ARR"),
            "Ana checked in on 'ARR'",
        ),
        (
            ChangeFacts(
                UPDATED,
                "Ana",
                NodeType.OBJECTIVE,
                "Grow",
                fields=("owner_id", "external_id", "stands_alone_reason"),
            ),
            "Ana edited the objective 'Grow' (owner, external id, stands alone reason)",
        ),
        (ChangeFacts(UPDATED, "Ana", NodeType.OBJECTIVE), "Ana edited the objective"),
        (
            ChangeFacts(
                ChangeKind.KEY_RESULT_MOVED,
                "Ana",
                NodeType.KEY_RESULT,
                is_hidden=True,
                movement=Movement("Grow", 0.5, 0.25, ON, RISK),
            ),
            "Ana changed something that you cannot see; 'Grow' fell from 50 % to 25 %",
        ),
        (
            ChangeFacts(ChangeKind.ORGANIZATION_UPDATED, "Ana", NodeType.ORGANIZATION, "Acme"),
            "Ana edited the organisation 'Acme'",
        ),
        (
            ChangeFacts(
                ChangeKind.STATUS_TURNED,
                "Clock",
                NodeType.KEY_RESULT,
                "ARR",
                turned_to=RISK,
                movement=Movement("Grow", 0.5, 0.5, ON, Status.OFF_TRACK),
            ),
            "The key result 'ARR' is now at risk by time alone; 'Grow' is now off track",
        ),
        (
            ChangeFacts(ChangeKind.METRIC_READING_RECORDED, "bot", NodeType.METRIC_READING, "Churn"),
            "bot recorded readings of the metric 'Churn'",
        ),
    ),
)
def test_a_sentence_says_who_did_what_and_what_moved(facts: ChangeFacts, sentence: str):
    assert sentence_of(facts) == sentence


@pytest.mark.parametrize(
    ("before", "after", "statuses", "said"),
    (
        (0.5, 0.504, (ON, ON), "; 'Grow' rose from 50.0 % to 50.4 %"),
        (0.5, 0.50001, (ON, ON), "; 'Grow' rose from 50.00 % to 50.00 %"),
        (None, 0.2, (ON, ON), "; 'Grow' is at 20 %"),
        (0.2, None, (ON, ON), "; 'Grow' has no progress any more"),
        (0.2, 0.2, (ON, RISK), "; 'Grow' is now at risk"),
        (0.2, 0.2, (ON, ON), ""),
    ),
)
def test_a_movement_is_said_as_far_as_there_is_one(
    before: float | None, after: float | None, statuses: tuple[Status, Status], said: str
):
    facts = ChangeFacts(
        ChangeKind.OBJECTIVE_PAUSED,
        "Ana",
        NodeType.OBJECTIVE,
        "Grow",
        movement=Movement("Grow", before, after, *statuses),
    )
    assert sentence_of(facts) == "Ana paused the objective 'Grow'" + said


def test_long_names_and_many_fields_are_cut():
    long = "Long\nname " + "x" * 1_000
    facts = ChangeFacts(
        UPDATED,
        long,
        NodeType.OBJECTIVE,
        long,
        fields=tuple(f"field_{number}" for number in range(MAX_FIELDS_NAMED + 3)),
        movement=Movement(long, 0.1, 0.2, ON, ON),
    )
    sentence = sentence_of(facts)
    assert sentence.count("Long name xxx") == 3
    assert sentence.count("x" * (MAX_NAME_CHARACTERS - 11)) == 3
    assert "field 5, 3 more)" in sentence
    assert len(sentence) < MAX_SENTENCE_CHARACTERS
