"""Mentions: people named in a text by `@[Name](id)`."""

from time import perf_counter
from uuid import UUID

import pytest

from okr_api.okr.entity import NodeType
from okr_api.okr.mentions import MAX_MENTION_NAME_LENGTH, mention_of, mentioned_ids, mentions_in
from okr_api.okr.objective import MAX_TEXT_LENGTH
from okr_api.query_engine.global_ids import encode_id

ANN, BEN = UUID(int=1), UUID(int=2)


def test_people_are_mentioned_by_their_global_ids_each_once_in_order():
    ann, ben = (f"@[{name}]({encode_id(NodeType.PERSON, id)})" for name, id in (("Ann", ANN), ("B B", BEN)))
    assert (ann, ben) == (mention_of("Ann", ANN), mention_of("B B", BEN))
    text = f"{ben}, {ann}: ask {ann}"
    assert mentioned_ids(text) == (BEN, ANN)
    assert [written for written, _ in mentions_in(text)] == [ben, ann, ann]


@pytest.mark.parametrize(
    "text",
    (
        "@Ann",
        "[Ann](per_1)",
        "@[Ann]",
        "@[](per_1)",
        "@[Ann](https://example.com)",
        "@[Ann](a.b)",
        "@[An\nn](per_1)",
        f"@[{'x' * (MAX_MENTION_NAME_LENGTH + 1)}](per_1)",
    ),
)
def test_what_has_another_form_is_no_mention(text: str):
    assert list(mentions_in(text)) == []


@pytest.mark.parametrize(
    "id", ("ann", "per_1", f"obj_{ANN.hex}", f"per_{ANN.hex.replace('0', 'G')}", str(ANN))
)
def test_an_id_of_another_form_is_a_mention_of_nobody(id: str):
    assert list(mentions_in(f"Hm @[Ann]({id})")) == [(f"@[Ann]({id})", None)]


def test_the_longest_texts_are_read_at_once():
    for part in ("@[", "@[a", "@[a](", "@[a](b", "[", mention_of("A", ANN)):
        begun = perf_counter()
        list(mentions_in((part * MAX_TEXT_LENGTH)[:MAX_TEXT_LENGTH]))
        assert perf_counter() - begun < 0.05
