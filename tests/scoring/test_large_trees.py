"""Large trees: deep ones need no recursion, and wide ones no exponential time."""

import time
from itertools import product

import pytest

from okr_api.okr.errors import AlignmentLoops
from tests.scoring.sketch import Sketch, uid

DEEP = 1_000
WIDE = 4
LAYERS = 25


def chain() -> Sketch:
    """Return a chain of a thousand objectives over one key result."""
    sketch = Sketch()
    for level in range(DEEP):
        sketch.objective(f"o{level}")
    for level in range(1, DEEP):
        sketch.align(f"o{level - 1}", f"o{level}")
    sketch.measured("k", "o0", 0.25)
    return sketch


def test_a_chain_1_000_deep_is_counted_without_recursion():
    sketch = chain()
    assert len(sketch.count_all()) == DEEP + 1
    assert sketch[f"o{DEEP - 1}"].progress == 0.25


def test_a_reading_at_the_bottom_of_a_deep_chain_moves_every_ancestor_bottom_up():
    sketch = chain()
    sketch.count_all()
    sketch.read("k", 20, 0.75)
    deltas = sketch.recount(key_results=["k"])
    assert [delta.node_id for delta in deltas] == [uid("k"), *(uid(f"o{level}") for level in range(DEEP))]
    assert {(delta.before, delta.after) for delta in deltas} == {(0.25, 0.75)}


def test_a_loop_over_a_thousand_levels_is_refused():
    sketch = chain()
    with pytest.raises(AlignmentLoops):
        sketch.align(f"o{DEEP - 1}", "o0")


def test_a_lattice_of_diamonds_does_not_explode():
    """There are 4 to the power of 24 paths from bottom to top; each objective is computed once."""
    sketch = Sketch()
    for layer, place in product(range(LAYERS), range(WIDE)):
        sketch.objective(f"o{layer}.{place}")
    for layer, child, parent in product(range(1, LAYERS), range(WIDE), range(WIDE)):
        sketch.align(f"o{layer - 1}.{child}", f"o{layer}.{parent}")
    for place in range(WIDE):
        sketch.measured(f"k{place}", f"o0.{place}", 0.2 * place)
    began = time.process_time()
    assert len(sketch.count_all()) == LAYERS * WIDE + WIDE
    sketch.read("k0", 20, 0.4)
    assert len(sketch.recount(key_results=["k0"])) == 2 + (LAYERS - 1) * WIDE
    assert time.process_time() - began < 5
    assert sketch[f"o{LAYERS - 1}.0"].progress == pytest.approx((0.4 + 0.2 + 0.4 + 0.6) / 4)
