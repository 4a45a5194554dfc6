"""What holds for all rules: their order, their number, and that no plan is too odd for them."""

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okr_api.coaching.advice import AdviceSeverity
from okr_api.coaching.coach import MAX_ADVICE, RULE_IDS, RULES, advise
from okr_api.coaching.lexicon import lexicon_of
from okr_api.coaching.rules.balance import MAX_KEY_RESULTS_COMPARED
from okr_api.coaching.rules.due_date import MAX_CHARACTERS_READ
from okr_api.coaching.subject import (
    CyclePlan,
    KeyResultPlan,
    NodeName,
    ObjectivePlan,
    OwnerLoad,
    Subject,
    TeamLoad,
    TitlePair,
    WaitingDraft,
)
from okr_api.coaching.title import Title
from okr_api.okr.entity import NodeType
from okr_api.okr.measure import KeyResultMeasure, Milestone
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.people import Language
from okr_api.store.database import new_id

ENGLISH = lexicon_of(Language.ENGLISH)
TITLES = st.one_of(
    st.text(max_size=40),
    st.text(string.digits + " .,%k-/x", max_size=20),
    st.sampled_from(("Launch {title}", "{", "10x and 20 % by March; und bis Mai", "Increase revenue", "…")),
)
NUMBERS = st.one_of(st.none(), st.floats(-1e15, 1e15), st.sampled_from((0.0, 10.0, 100.0)))
KEY_RESULTS = st.builds(
    KeyResultPlan,
    TITLES,
    measure=st.one_of(st.none(), st.sampled_from(KeyResultMeasure)),
    description=st.one_of(st.none(), TITLES),
    unit=st.one_of(st.none(), st.just("%")),
    start_value=NUMBERS,
    target_value=NUMBERS,
    lower_bound=NUMBERS,
    upper_bound=NUMBERS,
    milestones=st.lists(st.just(Milestone("a", "A")), max_size=2).map(tuple),
    weight=st.sampled_from((0.0, 1e-6, 1.0, 1e6)),
    due_on=st.one_of(st.none(), st.dates()),
    confidence=st.one_of(st.none(), st.floats(0, 1)),
    current_value=NUMBERS,
    progress=st.one_of(st.none(), st.floats(0, 1)),
)
CYCLE = CyclePlan(date(2026, 10, 1), date(2026, 12, 31))


def objective(*key_results: KeyResultPlan, title: str = "Guests book without help") -> Subject:
    return Subject(objective=ObjectivePlan(title, has_owner=True, key_results=key_results))


@given(
    TITLES,
    st.lists(KEY_RESULTS, max_size=4),
    st.sampled_from(ObjectiveKind),
    st.sampled_from(Language),
    st.one_of(st.none(), st.just(CYCLE)),
)
def test_any_plan_gets_advice_and_no_error(title, key_results, kind, language, cycle):
    plan = ObjectivePlan(title, kind=kind, key_results=tuple(key_results))
    pairs = (TitlePair(Title(title), Title("Guests book")), TitlePair(Title(title), Title(title)))
    found = advise(Subject(plan, cycle, (TeamLoad("{}", 9),), pairs=pairs), lexicon_of(language))
    assert found
    assert {advice.rule for advice in found} <= RULE_IDS
    assert all(advice.message and advice.suggestion and advice.source for advice in found)


def test_the_most_severe_advice_comes_first_and_then_the_order_of_the_rules():
    found = advise(objective(KeyResultPlan("Launch it"), title="A and b and c"), ENGLISH)
    order = [rule.id for rule in RULES]
    ranks = [(-list(AdviceSeverity).index(advice.severity), order.index(advice.rule)) for advice in found]
    assert ranks == sorted(ranks)
    assert {advice.severity for advice in found} == set(AdviceSeverity)


def test_a_rule_that_is_off_gives_no_advice():
    plan = objective(KeyResultPlan("Launch it"))
    found = {advice.rule for advice in advise(plan, ENGLISH)}
    assert "key-result-is-output" in found
    left = {advice.rule for advice in advise(plan, ENGLISH, {"key-result-is-output"})}
    assert left == found - {"key-result-is-output"}
    assert advise(plan, ENGLISH, RULE_IDS) == []


def test_a_list_has_at_most_100_pieces_of_advice_and_the_most_severe_stay():
    many = objective(*(KeyResultPlan(f"Launch {place}", KeyResultMeasure.INCREASE) for place in range(90)))
    found = advise(many, ENGLISH)
    assert len(found) == MAX_ADVICE
    assert [advice.severity for advice in found[:90]] == [AdviceSeverity.PROBLEM] * 90


def test_what_a_title_says_in_braces_is_no_text_of_ours():
    found = advise(objective(KeyResultPlan("Launch {words} {0} {")), ENGLISH)
    [message] = [advice.message for advice in found if advice.rule == "key-result-is-output"]
    assert message.startswith("“Launch {words} {0} {” is something you deliver")


def test_only_the_first_50_key_results_are_compared_with_one_another():
    others = RULE_IDS - {"metric-twice"}

    def repeated_at(place: int) -> bool:
        titles = [f"Guests {chr(0x4E00 + at)}" for at in range(place)]
        key_results = [KeyResultPlan(title, KeyResultMeasure.INCREASE) for title in [*titles, titles[0]]]
        return advise(objective(*key_results), ENGLISH, others) != []

    assert repeated_at(MAX_KEY_RESULTS_COMPARED - 1)
    assert not repeated_at(MAX_KEY_RESULTS_COMPARED)


def test_only_the_first_2_000_characters_of_a_description_are_read():
    def found(characters: int) -> bool:
        description = "by October".rjust(characters)
        key_result = KeyResultPlan("Guests", description=description)
        subject = Subject(ObjectivePlan("Guests", key_results=(key_result,)), CYCLE)
        return "due-date-missing" in {advice.rule for advice in advise(subject, ENGLISH)}

    assert found(MAX_CHARACTERS_READ)
    assert not found(MAX_CHARACTERS_READ + len("by October"))


def test_a_cycle_is_advised_on_its_teams_people_titles_and_drafts():
    team, person, one, other = (
        NodeName(type, new_id().hex)
        for type in (NodeType.TEAM, NodeType.PERSON, NodeType.OBJECTIVE, NodeType.OBJECTIVE)
    )
    cycle = Subject(
        cycle=CYCLE,
        teams=(TeamLoad("Booking", 6, aspirational=4, node=team), TeamLoad("Fleet", 5)),
        owners=(OwnerLoad("Mei", 7, person), OwnerLoad("Ann", 1)),
        pairs=(TitlePair(Title("Grow"), Title("grow!"), one, other),),
        drafts=(WaitingDraft("Grow", 15, one), WaitingDraft("New", 14)),
    )
    assert [(each.rule, each.path, each.node, each.related) for each in advise(cycle, ENGLISH)] == [
        ("owner-has-many", ("objectives",), person, None),
        ("team-has-many-objectives", ("objectives",), team, None),
        ("aspirational-many", ("objectives",), team, None),
        ("title-duplicate", ("title",), one, other),
        ("draft-old", ("state",), one, None),
    ]


@pytest.mark.parametrize(
    ("language", "value", "text"), ((Language.ENGLISH, 12.5, "12.5"), (Language.GERMAN, 12.5, "12,5"))
)
def test_numbers_are_written_as_the_language_does(language: Language, value: float, text: str):
    plan = objective(KeyResultPlan("A", KeyResultMeasure.INCREASE, start_value=value, target_value=value))
    messages = {advice.rule: advice.message for advice in advise(plan, lexicon_of(language))}
    assert messages["target-is-start"].endswith(f" {text}.")
