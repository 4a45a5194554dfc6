"""Digest: a pure function of changes; those of the parts of an interval add up to that of the whole."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.computed_values import Status
from okr_api.okr.digest import (
    LISTS,
    SECTIONS,
    TARGET_FIELDS,
    Digest,
    DigestSection,
    SavedRecord,
    furthest,
    section_of,
)
from okr_api.okr.entity import NodeType

FRACTIONS = st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0])
NODES = ("n0", "n1", "n2")
RECORDS = st.builds(
    SavedRecord,
    st.sampled_from((NodeType.ROADBLOCK, NodeType.DECISION, NodeType.LESSON)),
    st.sampled_from(("r0", "r1")),
)
Change = Mapping[str, Any]


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Return changes whose deltas continue one another, as those of the feed do."""
    numbers: dict[str, tuple[Any, Any]] = dict.fromkeys(NODES, (None, Status.PENDING))
    changes: list[Change] = []
    for seq in range(draw(st.integers(0, 12))):
        deltas = []
        for node in draw(st.lists(st.sampled_from(NODES), unique=True, max_size=2)):
            before, status = numbers[node]
            numbers[node] = draw(FRACTIONS), draw(st.sampled_from(Status))
            after, status_after = numbers[node]
            node_type = "KEY_RESULT" if node == "n0" else "OBJECTIVE"
            deltas.append(
                {
                    "node_type": node_type,
                    "node_id": node,
                    "before": before,
                    "after": after,
                    "status_before": status,
                    "status_after": status_after,
                }
            )
        changes.append(
            {
                "seq": seq,
                "kind": draw(st.sampled_from(ChangeKind)),
                "node_id": draw(st.sampled_from((*NODES, None))),
                "fields": draw(st.sampled_from(((), ("title",), ("target_value", "title")))),
                "author_name": draw(st.sampled_from(("Ana", "nightly"))),
                "author_person_id": None,
                "deltas": deltas,
                "check_ins": draw(st.integers(0, 3)),
                "records": draw(st.lists(RECORDS, max_size=2)),
            }
        )
    return changes


def digest_of(changes: Iterable[Change]) -> Digest:
    digest = Digest()
    for change in changes:
        digest.add(change, change["check_ins"], change["records"])
        for delta in change["deltas"]:
            digest.move(delta)
    return digest


@given(histories(), st.integers(0, 12))
def test_the_digests_of_two_halves_add_up(changes: Sequence[Change], cut: int):
    whole, *halves = map(digest_of, (changes, changes[:cut], changes[cut:]))
    assert whole.change_count == sum(half.change_count for half in halves)
    assert whole.check_in_count == sum(half.check_in_count for half in halves)
    for who in whole.authors:
        counts = [half.authors[who].change_count for half in halves if who in half.authors]
        assert whole.authors[who].change_count == sum(counts)
    for section, records in whole.records.items():
        assert records.items() == (halves[0].records[section] | halves[1].records[section]).items()
        seqs = [change["seq"] for change in records.values()]
        assert seqs == sorted(seqs)
    for node, moved in whole.movements.items():
        parts = [half.movements[node] for half in halves if node in half.movements]
        assert (moved.before, moved.status_before) == (parts[0].before, parts[0].status_before)
        assert (moved.after, moved.status_after) == (parts[-1].after, parts[-1].status_after)
    first, last = halves
    assert whole.listed[DigestSection.ADJUSTMENTS] == (
        first.listed[DigestSection.ADJUSTMENTS] | last.listed[DigestSection.ADJUSTMENTS]
    )
    new = DigestSection.NEW_OBJECTIVES
    assert whole.listed[new] == last.listed[new] | first.listed[new]


@given(histories(), st.booleans())
def test_lists_follow_from_the_first_number_before_and_the_last_after(
    changes: Sequence[Change], is_limit: bool
):
    digest = digest_of(changes)
    for moved in digest.movements.values():
        moved.is_limit = is_limit
    for node in NODES:
        deltas = [delta for change in changes for delta in change["deltas"] if delta["node_id"] == node]
        if not deltas:
            assert node not in digest.movements
            continue
        before, after = deltas[0]["before"] or 0.0, deltas[-1]["after"] or 0.0
        statuses = deltas[0]["status_before"], deltas[-1]["status_after"]
        turned = statuses[0] != statuses[1]
        lists = {
            name: [one.node_id for one in filter(condition, digest.movements.values())]
            for name, condition in LISTS.items()
        }
        assert (node in lists["moved"]) == (before != after)
        assert (node in lists["status_changes"]) == turned
        assert (node in lists["lost"]) == (turned and statuses[1] in ("MISSED", "DROPPED"))
        reached = node == "n0" and after == 1.0 > before and statuses[1] not in ("MISSED", "DROPPED")
        achieved = turned and statuses[1] == "ACHIEVED"
        assert (node in lists["won"]) == (achieved or (reached and not is_limit))
    sizes = [one.size for one in furthest(digest.movements.values())]
    assert sizes == sorted(sizes, reverse=True)


def test_a_change_is_listed_by_its_kind_and_its_fields_and_only_if_its_entity_is_seen():
    for kind in ChangeKind:
        fields = sorted(TARGET_FIELDS)
        assert section_of({"kind": kind, "node_id": "x", "fields": fields}) == SECTIONS.get(kind)
        assert section_of({"kind": kind, "node_id": None, "fields": fields}) is None
    edited = {"kind": ChangeKind.KEY_RESULT_UPDATED, "node_id": "x"}
    assert section_of({**edited, "fields": ["owner", "title"]}) is None
    assert section_of({**edited, "fields": ["target_value"]}) is DigestSection.ADJUSTMENTS
