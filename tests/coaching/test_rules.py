"""docs/coaching.md: its table says every rule as it is, and its examples fail and pass."""

import json
import re
from typing import NamedTuple

import pytest

from okr_api.coaching.coach import RULES
from okr_api.coaching.lexicon import lexicon_of
from okr_api.okr.people import Language
from tests.coaching.plans import DOCUMENT, edited, good_plans, rules_on
from tests.docs.named import CODE, rows_of

MIN_RULES = 26  # that the product promises
EXAMPLE = re.compile(r"(de )?`(\{.*?\})`(?=<br>|$)")
ROWS = [row for row in rows_of(DOCUMENT) if len(row) == 7]


class Example(NamedTuple):
    """An example of the table: an edit of the good plan, and whether the rule advises on it."""

    rule: str
    language: Language
    edit: str
    fails: bool


def examples() -> list[Example]:
    return [
        Example(CODE.findall(row[0])[0], Language.GERMAN if german else Language.ENGLISH, edit, fails)
        for row in ROWS
        for cell, fails in ((row[5], True), (row[6], False))
        for german, edit in EXAMPLE.findall(cell)
    ]


def test_the_table_says_every_rule_as_it_is():
    texts = lexicon_of(Language.ENGLISH).texts
    assert [(row[0], row[1], row[3], row[4]) for row in ROWS] == [
        (f"`{rule.id}`", rule.severity, texts[rule.id][1], rule.source) for rule in RULES
    ]
    assert len(RULES) >= MIN_RULES


@pytest.mark.parametrize("language", Language)
def test_a_good_plan_gets_no_advice(language: Language):
    assert rules_on(good_plans()[language], language) == []


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.rule} {example.edit}")
def test_an_example_fails_or_passes_as_it_says(example: Example):
    plan = edited(good_plans()[example.language], json.loads(example.edit))
    assert (rules_on(plan, example.language, only=example.rule) != []) == example.fails


def test_every_rule_has_both_kinds_of_example():
    found = {(example.rule, example.fails) for example in examples()}
    assert found == {(rule.id, fails) for rule in RULES for fails in (True, False)}


def test_a_rule_that_looks_at_words_has_examples_in_every_language():
    """The rule finds something else if the lists of the language are those of the other one."""
    english = {example.rule for example in examples() if example.language is Language.ENGLISH}
    german = {example.rule for example in examples() if example.language is Language.GERMAN}
    assert english == {rule.id for rule in RULES}
    swapped = {
        example.rule
        for example in examples()
        if example.language is Language.ENGLISH
        for plan in [edited(good_plans()[Language.ENGLISH], json.loads(example.edit))]
        if (rules_on(plan, Language.GERMAN, only=example.rule) != []) != example.fails
    }
    assert swapped <= german


def test_no_cell_holds_what_is_no_example():
    cells = [cell for row in ROWS for cell in row[5:]]
    assert [cell for cell in cells if EXAMPLE.sub("", cell).replace("<br>", "")] == []


@pytest.mark.parametrize("language", Language)
def test_every_rule_has_texts_in_every_language(language: Language):
    texts = lexicon_of(language).texts
    assert list(texts) != []
    assert set(texts) == {rule.id for rule in RULES}
    assert lexicon_of(language).lists.keys() == lexicon_of(Language.ENGLISH).lists.keys()
