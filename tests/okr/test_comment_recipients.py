"""Recipients of a comment: who is told, and why."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.okr.comment_recipients import CommentReason, recipients_of

ANN, BEN, CEM, DAN = (UUID(int=n) for n in range(4))
MENTION, REPLY, FOLLOW = CommentReason.MENTION, CommentReason.REPLY, CommentReason.FOLLOW


@pytest.mark.parametrize(
    ("given", "told", "unseeing"),
    (
        ({}, {}, ()),
        ({"followers": [ANN, BEN]}, {BEN: FOLLOW}, ()),
        ({"author_id": None, "followers": [ANN, BEN]}, {ANN: FOLLOW, BEN: FOLLOW}, ()),
        ({"thread": [ANN, CEM], "followers": [CEM, BEN]}, {CEM: REPLY, BEN: FOLLOW}, ()),
        ({"mentioned": [CEM], "thread": [CEM], "followers": [CEM]}, {CEM: MENTION}, ()),
        ({"mentioned": [ANN]}, {}, ()),
        ({"mentioned": [BEN, DAN], "thread": [DAN], "followers": [DAN]}, {BEN: MENTION}, (DAN,)),
        ({"thread": [CEM], "followers": [CEM, BEN], "unfollowers": [CEM, BEN]}, {}, ()),
        ({"mentioned": [CEM], "unfollowers": [CEM]}, {CEM: MENTION}, ()),
    ),
)
def test_people_are_told_once_for_the_first_reason_that_holds(
    given: dict[str, Any], told: dict[UUID, CommentReason], unseeing: tuple[UUID, ...]
):
    nobody: dict[str, Any] = {"mentioned": [], "thread": [], "followers": [], "unfollowers": []}
    found = recipients_of(**{"author_id": ANN, **nobody, **given}, sees=lambda id: id != DAN)
    assert list(found.told.items()) == list(told.items())
    assert found.unseeing == unseeing
