"""The rule of visibility is the same in SQL and on objects, for every state and audience that an objective can have."""

from itertools import product
from uuid import UUID

import pytest

from okr_api.okr.objective import ObjectiveState
from okr_api.okr.visibility import EVERYTHING, PUBLISHED, Visibility
from okr_api.store.hidden_rows import Conditions, filled, hidden_among
from okr_api.store.mappers.objective import objective_of
from tests.acme import Acme

STATES = [
    (state, dropped)
    for state, dropped in product(ObjectiveState, (True, False))
    if state is ObjectiveState.DROPPED or not dropped  # the database has a CHECK
]
ME, OTHER = UUID(int=1), UUID(int=2)
AUDIENCES = (None, [], [ME], [OTHER], [ME, OTHER])
VIEWERS = {
    "everything": EVERYTHING,
    "an admin who reads": PUBLISHED,
    "a member": Visibility(drafts=True, restricted=False, person_id=ME),
    "a viewer": Visibility(drafts=False, restricted=False, person_id=ME),
    "a service that writes": Visibility(drafts=True, restricted=False, person_id=None),
    "a service that reads": Visibility(drafts=False, restricted=False, person_id=None),
}
SET = """
    update objective set state = $1, is_dropped_draft = $2, viewer_ids = $3,
        visibility = case when $3::uuid[] is null then 'ORGANIZATION' else 'PRIVATE' end
    where id = $4
"""
TOLD = "select {visible:objective} as visible, {hidden:objective} as hidden from objective where id = $2"


@pytest.mark.parametrize(("state", "dropped_draft"), STATES)
@pytest.mark.parametrize("who", VIEWERS)
async def test_an_objective_is_shown_alike_by_sql_and_as_an_object(
    state: ObjectiveState, dropped_draft: bool, who: str, acme: Acme
):
    visibility, id = VIEWERS[who], acme.never_down
    for audience in AUDIENCES:
        await acme.fetch(SET, state.value, dropped_draft, audience, id)
        text, parameters = filled(TOLD, visibility, id)
        [told] = await acme.fetch(text, acme.organization.id, *parameters)
        shown = visibility.shows(objective_of(await acme.row("objective", id)))
        assert (told["visible"], told["hidden"]) == (shown, not shown), audience
        async with acme.database.of(acme.organization.id) as connection:
            asked = [id, acme.uptime, acme.ann, acme.answer_fast]
            hidden = await hidden_among(connection, acme.organization.id, asked, visibility)
        assert hidden == (set() if shown else {id, acme.uptime}), audience


def test_the_viewer_is_a_parameter_so_that_people_share_statements():
    other = Visibility(drafts=True, restricted=False, person_id=OTHER)
    (text, mine), (same, theirs) = (
        filled(TOLD, one, acme_id) for acme_id, one in ((ME, VIEWERS["a member"]), (ME, other))
    )
    assert text == same
    assert (mine, theirs) == ((ME, ME), (ME, OTHER))
    assert str(ME) not in text


def test_who_sees_everything_reads_without_a_condition():
    conditions = Conditions(EVERYTHING, lambda: pytest.fail("no viewer is needed"))
    assert conditions.hide_nothing
    assert conditions.visible("row") == "row.organization_id = $1"
