"""The short form of `make attack`: one attack of each kind on a small server, with honest clients beside it.

The bounds are generous, as machines are busy: each attack is reported with how long the honest clients waited
without it. A server without its limits stops for seconds, or ends.
"""

from pathlib import Path

from attack.cases import ATTACKS, SHORT
from attack.report import table
from attack.trial import Bounds
from attack.trials import Trials
from attack.world import template

SECONDS, IDLE_S = 1.0, 0.8
BOUNDS = Bounds(quiet_s=0.8, loaded_s=1.5, of_idle=10)


def test_no_attack_harms_the_honest_clients(fast_path: Path):
    filled = template(fast_path, "small")
    with Trials(filled, is_small=True, is_shared=True) as trials:
        outcomes = [trials.run(ATTACKS[name], SECONDS, IDLE_S, BOUNDS) for name in SHORT]
    assert not any(outcome.harms for outcome in outcomes), table(outcomes)


def test_each_attack_has_a_name_of_its_own_and_the_short_form_is_a_part_of_them():
    assert set(SHORT) < set(ATTACKS)
