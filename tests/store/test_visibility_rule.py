"""The rule of visibility is the same in SQL, on rows and on objects, for every state that an objective can have."""

from itertools import product

import pytest

from okr_api.okr.objective import ObjectiveState
from okr_api.okr.visibility import EVERYTHING, PUBLISHED
from okr_api.query_engine.field_sources import View
from okr_api.query_engine.sql_builder import visible
from okr_api.store.mappers.objective import objective_of
from okr_api.store.unpublished import UNPUBLISHED_OBJECTIVE, is_unpublished
from tests.acme import Acme

STATES = [
    (state, dropped)
    for state, dropped in product(ObjectiveState, (True, False))
    if state is ObjectiveState.DROPPED or not dropped  # the database has a CHECK
]


@pytest.mark.parametrize(("state", "dropped_draft"), STATES)
@pytest.mark.parametrize("visibility", (EVERYTHING, PUBLISHED), ids=("everything", "published"))
async def test_an_objective_is_shown_alike_by_sql_by_its_row_and_as_an_object(
    state: ObjectiveState, dropped_draft: bool, visibility, acme: Acme
):
    await acme.fetch(
        "update objective set state = $1, is_dropped_draft = $2 where id = $3",
        state.value,
        dropped_draft,
        acme.never_down,
    )
    view = View("objective", hidden=UNPUBLISHED_OBJECTIVE)
    conditions = visible(view, "objective", visibility)
    condition = " and ".join(conditions)
    query = f"select * from objective where {condition} and id = $2"
    found = await acme.fetch(query, acme.organization.id, acme.never_down)
    [row] = await acme.fetch("select * from objective where id = $1", acme.never_down)
    assert visibility.shows(objective_of(row)) is bool(found)
    assert (visibility.drafts or not is_unpublished(row)) is bool(found)
