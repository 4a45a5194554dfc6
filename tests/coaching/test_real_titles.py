"""How often the rules advise on the plans of real organisations, where these are present.

The shares are logged: pytest tests/coaching/test_real_titles.py --log-cli-level=info
"""

import logging
from collections import Counter

import pytest

from okr_api.coaching.coach import RULES, advise
from okr_api.coaching.lexicon import lexicon_of
from okr_api.okr.people import Language
from tests.coaching.real_plans import FILES, FOLDER, subjects

log = logging.getLogger(__name__)

ENGLISH = lexicon_of(Language.ENGLISH)
MAX_SHARE = 0.5  # of the objectives, above which a rule is wrong
COMMON_FOR_A_REASON = {
    ("chromium-input-2016-2017", "key-result-is-output"): "most of its key results name features to ship",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real plans are not here; nothing to try")


def shares(name: str) -> dict[str, float]:
    """Return the share of a file's objectives on which each rule advises."""
    plans = list(subjects(name))
    found = Counter(rule for plan in plans for rule in {advice.rule for advice in advise(plan, ENGLISH)})
    return {rule.id: found[rule.id] / len(plans) for rule in RULES}


@pytest.mark.parametrize("name", FILES)
def test_no_rule_advises_on_more_than_half_of_real_objectives(name: str):
    found = shares(name)
    for rule, share in found.items():
        log.info("%s %s %.0f %%", name, rule, 100 * share)
    common = {(name, rule) for rule, share in found.items() if share > MAX_SHARE}
    assert common <= COMMON_FOR_A_REASON.keys()


def test_most_rules_on_words_find_something_in_real_titles():
    """A rule that never fires on hundreds of real plans would be of no use."""
    found = Counter[str]()
    for name in FILES:
        found.update({rule for rule, share in shares(name).items() if share})
    expected = {
        "title-has-number", "title-is-task", "title-is-metric", "title-long", "title-one-word",
        "title-joins-goals", "title-is-upkeep", "key-result-is-output", "key-result-is-activity",
        "key-result-number-differs", "guard-rail-missing", "committed-stretch-wording",
        "title-duplicate", "title-near-duplicate", "due-date-missing",
    }  # fmt: skip
    assert expected <= found.keys()
