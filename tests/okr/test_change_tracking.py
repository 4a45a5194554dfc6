"""Change tracking: a dict knows which values have changed since they were remembered."""

import pytest

from okr_api.okr.change_tracking import TrackedDict


@pytest.fixture
def kept() -> TrackedDict[str, list[int]]:
    found: TrackedDict[str, list[int]] = TrackedDict()
    found.remember("one", [1])
    found.remember("two", [2])
    return found


def test_what_is_remembered_has_not_changed(kept):
    assert kept == {"one": [1], "two": [2]}
    assert (kept.changed(), kept.changed_keys(), kept.removed()) == ([], [], [])


def test_new_and_replaced_values_have_changed(kept):
    kept["three"] = [3]
    kept["two"] = [22]
    assert kept.changed_keys() == ["three", "two"]
    assert kept.changed() == [[3], [22]]
    assert (kept.before("two"), kept.before("three")) == ([2], None)


def test_an_equal_value_in_its_place_has_changed(kept):
    kept["one"] = [1]
    assert kept.changed_keys() == ["one"]


def test_a_value_put_back_has_not_changed(kept):
    stored = kept["one"]
    kept["one"] = [11]
    kept["one"] = stored
    assert kept.changed() == []


def test_remembering_again_replaces_nothing(kept):
    kept["one"] = [11]
    kept.remember("one", [1])
    kept.remember("two", [99])
    assert kept == {"one": [11], "two": [2]}
    assert kept.before("one") == [1]


def test_a_removed_value_is_known_as_such(kept):
    kept["three"] = [3]
    del kept["three"]
    del kept["one"]
    assert kept.removed() == [[1]]
    assert kept.changed() == []


def test_a_removed_value_is_not_remembered_again(kept):
    del kept["one"]
    kept.remember("one", [1])
    assert "one" not in kept
    assert kept.removed() == [[1]]


def test_a_removed_value_may_be_put_again(kept):
    del kept["one"]
    kept["one"] = [111]
    assert (kept.changed(), kept.removed()) == ([[111]], [])


def test_every_edit_is_told_and_nothing_else():
    told: list[None] = []
    kept: TrackedDict[str, int] = TrackedDict(lambda: told.append(None))
    kept.remember("one", 1)
    kept["one"] = 2
    kept.update({"two": 2})
    del kept["one"]
    kept.settle()
    assert len(told) == 3
