"""Hidden rows: SQL conditions for what somebody does not see, and a lookup by id.

An objective is hidden as unpublished or as restricted; `Visibility.shows` is the rule. Templates have
`{hidden:row}`, the condition that the objective in a row is hidden, `{restricted:row}`, the half of it that
depends on the viewer alone, `{visible:row}`, that it is of the organisation and not hidden, or
`{of_others:row}`, one on drafts of check-ins. None is ever null. `Conditions` fills them in; the viewer is
always a parameter, so that statements have the same text for everybody who sees as much.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from okr_api.okr.visibility import Visibility

from .bulk_write import Postgres, Row
from .tree_edges import (
    NEEDING_OBJECTIVE,
    OBJECTIVE_OF_CHECK_IN,
    OBJECTIVE_OF_EXPERIMENT,
    OBJECTIVE_OF_INITIATIVE,
    PARENT_OBJECTIVE,
)

UNPUBLISHED_OBJECTIVE = "({row}.state = 'DRAFT' or {row}.is_dropped_draft)"
RESTRICTED = "({row}.viewer_ids is not null and ({viewer} = any({row}.viewer_ids)) is not true)"

# That a draft of a check-in was neither prepared by the viewer nor for them, and that they may not edit the
# objective, the `holder`. Services, which are nobody in particular, see drafts as they see check-ins.
OF_OTHERS = """
    ({viewer} is not null and {row}.assignee_id <> {viewer}
        and {row}.author_person_id is distinct from {viewer}
        and holder.owner_id is distinct from {viewer} and not {viewer} = any(holder.contributor_ids)
        and (select editing from organization where id = $1) <> 'EVERYONE'
        and not exists (
            with recursive above(team_id) as (
                select holder.team_id
                union
                select team.parent_id from above
                join team on team.organization_id = $1 and team.id = above.team_id
            )
            select from above join team_membership lead on lead.organization_id = $1
                and lead.team_id = above.team_id and lead.person_id = {viewer} and lead.role = 'LEAD'
                and not lead.removed
        ))
"""

# Each is the condition that a `{row}` of the table in its name is hidden, or belongs to what is. PostgreSQL
# looks up `exists` for each of few rows; for many it finds what is hidden once, which takes `$1` alone.
HIDDEN_OBJECTIVE = "{hidden:{row}}"
HIDDEN_KEY_RESULT = """
    exists (select from objective holder
            where holder.organization_id = $1 and holder.id = {row}.objective_id and {hidden:holder})
"""
HIDDEN_CHECK_IN = """
    (exists (select from key_result asked
             join objective holder on holder.organization_id = $1 and holder.id = asked.objective_id
                 and {hidden:holder}
             where asked.organization_id = $1 and asked.id = {row}.key_result_id)
     or exists (select from objective holder
                where holder.organization_id = $1 and holder.id = {row}.objective_id and {hidden:holder}))
"""
HIDDEN_ALIGNMENT = f"""
    exists (select from objective ends
            where ends.organization_id = {{row}}.organization_id and {{hidden:ends}}
                and ends.id in ({{row}}.child_id, {PARENT_OBJECTIVE.format(edge="{row}")}))
"""
HIDDEN_INITIATIVE = f"""
    exists (select from objective holder
            where holder.organization_id = $1 and holder.id = {OBJECTIVE_OF_INITIATIVE} and {{hidden:holder}})
"""
HIDDEN_RECORD = HIDDEN_INITIATIVE  # of roadblocks, decisions and lessons; those about nothing are not hidden
HIDDEN_EXPERIMENT = f"""
    exists (select from objective holder
            where holder.organization_id = $1 and holder.id = {OBJECTIVE_OF_EXPERIMENT} and {{hidden:holder}})
"""
HIDDEN_DEPENDENCY = f"""
    exists (select from objective holder
            where holder.organization_id = $1 and holder.id = {NEEDING_OBJECTIVE} and {{hidden:holder}})
"""
HIDDEN_CHECK_IN_DRAFT = f"""
    exists (select from objective holder
            where holder.organization_id = $1 and holder.id = {OBJECTIVE_OF_CHECK_IN}
                and ({{hidden:holder}} or {{of_others:{{row}}}}))
"""
HIDDEN_AMONG = """
    select node from unnest($2::uuid[]) node
    left join reaction felt on felt.organization_id = $1 and felt.id = node
    left join comment remark on remark.organization_id = $1 and remark.id = coalesce(felt.comment_id, node)
    left join follow chosen on chosen.organization_id = $1 and chosen.id = node
    left join check_in said on said.organization_id = $1
        and said.id = coalesce(remark.check_in_id, felt.check_in_id, node)
    left join initiative work on work.organization_id = $1 and work.id = node
    left join check_in_draft draft on draft.organization_id = $1 and draft.id = node
    left join dependency need on need.organization_id = $1 and need.id = node
    left join roadblock blocked on blocked.organization_id = $1
        and blocked.id = coalesce(remark.roadblock_id, felt.roadblock_id, node)
    left join decision decided on decided.organization_id = $1
        and decided.id = coalesce(remark.decision_id, felt.decision_id, node)
    left join experiment tried on tried.organization_id = $1
        and tried.id = coalesce(remark.experiment_id, felt.experiment_id, node)
    left join lesson learned on learned.organization_id = $1
        and learned.id = coalesce(remark.lesson_id, felt.lesson_id, node)
    left join review_record reviewed on reviewed.organization_id = $1
        and reviewed.id = coalesce(remark.review_record_id, felt.review_record_id, node)
    left join key_result asked on asked.organization_id = $1
        and asked.id = coalesce(
            said.key_result_id, draft.key_result_id, work.key_result_id, need.needing_key_result_id,
            remark.key_result_id, felt.key_result_id, chosen.key_result_id, blocked.key_result_id,
            decided.key_result_id, tried.key_result_id, learned.key_result_id, node)
    join objective holder on holder.organization_id = $1
        and holder.id = coalesce(
            asked.objective_id, said.objective_id, draft.objective_id, work.objective_id,
            need.needing_objective_id, remark.objective_id, felt.objective_id, chosen.objective_id,
            blocked.objective_id, decided.objective_id, learned.objective_id, reviewed.objective_id, node)
    where {hidden:holder} or (draft.id is not null and {of_others:draft})
"""
# Of the nodes $2 those that are hidden from each of the people $3.
HIDDEN_FROM_EACH = HIDDEN_AMONG.replace(
    "select node from", "select viewer.id as viewer, node from unnest($3::uuid[]) viewer(id) cross join"
)


class Conditions:
    """What the conditions in templates stand for; `viewer` returns the placeholder of the viewer's id."""

    def __init__(self, visibility: Visibility, viewer: Callable[[], str]) -> None:
        self._visibility = visibility
        self._viewer = viewer

    @property
    def hide_nothing(self) -> bool:
        """Return whether no row is hidden, so that no condition is needed."""
        return self._visibility.is_everything

    def fill(self, template: str, **more: str) -> str:
        """Return a template with its conditions, and with `more` of its placeholders."""
        return template.format(
            hidden=_Condition(self.hidden),
            restricted=_Condition(self.restricted),
            visible=_Condition(self.visible),
            of_others=_Condition(self.of_others),
            **more,
        )

    def restricted(self, row: str) -> str:
        """Return the condition that the objective in a row is restricted to others."""
        if self._visibility.restricted:
            return "false"
        return RESTRICTED.format(row=row, viewer=self._viewer())

    def hidden(self, row: str) -> str:
        """Return the condition that the objective in a row is hidden."""
        if self._visibility.drafts:
            return self.restricted(row)
        unpublished = UNPUBLISHED_OBJECTIVE.format(row=row)
        return unpublished if self._visibility.restricted else f"({unpublished} or {self.restricted(row)})"

    def of_others(self, row: str) -> str:
        """Return the condition that the draft of a check-in in a row is for others, by its `holder`."""
        if self._visibility.restricted:
            return "false"
        return OF_OTHERS.format(row=row, viewer=self._viewer())

    def visible(self, row: str) -> str:
        """Return the condition that the objective in a row is of the organisation and not hidden.

        PostgreSQL tests what is written with `is not true` row by row, after the other conditions.
        """
        own = f"{row}.organization_id = $1"
        return own if self.hide_nothing else f"{own} and ({self.hidden(row)}) is not true"


@dataclass(frozen=True, slots=True)
class _Condition:
    """Condition in a template; its format specification names the row."""

    of: Callable[[str], str]

    def __format__(self, row: str) -> str:
        return self.of(row)


class Filled(NamedTuple):
    """Statement with its conditions; the viewer's id is its last parameter if it needs it."""

    text: str
    has_viewer: bool


@cache
def _filled(statement: str, sees: tuple[bool, bool], place: int) -> Filled:
    uses: list[str] = []

    def viewer() -> str:
        uses.append(f"${place}::uuid")
        return uses[0]

    text = Conditions(Visibility(*sees, None), viewer).fill(statement)
    return Filled(text, bool(uses))


def filled(statement: str, visibility: Visibility, *parameters: Any) -> tuple[str, Sequence[Any]]:
    """Return a statement with its conditions, and its parameters from `$2` on with the viewer's id added."""
    text, has_viewer = _filled(statement, visibility.sees, len(parameters) + 2)
    return text, (*parameters, visibility.person_id) if has_viewer else parameters


@cache
def filled_for_each(statement: str, sees: tuple[bool, bool], viewer: str) -> str:
    """Return a statement with its conditions for many people with the same rights.

    `viewer` is the expression of the id of one of them.
    """
    return Conditions(Visibility(*sees, None), lambda: viewer).fill(statement)


def is_unpublished(row: Row) -> bool:
    """Return whether the objective in a row was never published."""
    return row["state"] == "DRAFT" or bool(row["is_dropped_draft"])


async def hidden_among(
    connection: Postgres, organization_id: UUID, nodes: Sequence[UUID], visibility: Visibility
) -> set[UUID]:
    """Return which of the nodes are hidden objectives or belong to one, as key results, check-ins or work."""
    if not nodes or visibility.is_everything:
        return set()
    text, parameters = filled(HIDDEN_AMONG, visibility, list(nodes))
    rows = await connection.fetch(text, organization_id, *parameters)
    return {row["node"] for row in rows}
