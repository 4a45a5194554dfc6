"""Saving: facts, versions, numbers, changes and the head, all in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from okr_api.okr.change import Change
from okr_api.okr.check_in import CheckIn
from okr_api.okr.kept import Kept
from okr_api.okr.people import Person, Team
from okr_api.okr.standing import Curve, KeyResultStanding, ObjectiveStanding
from okr_api.okr.tree import Tree

from . import tables
from .rows import Batch, Postgres
from .tokens import REVOKE_OF_PEOPLE
from .wording.cycle import cycle_row
from .wording.facts import alignment_row, change_row, check_in_row
from .wording.key_result import KEY_RESULT_NUMBERS, key_result_row
from .wording.moving import CURVE, TURNS
from .wording.objective import OBJECTIVE_NUMBERS, objective_row
from .wording.people import person_row, team_row

KEPT_FOR = timedelta(days=7)

MOVE_HEAD = """
    update feed_head set seq = $2, recorded_at = $3 where organization_id = $1
"""


@dataclass(frozen=True, slots=True)
class Retry:
    """What a mutation did, kept so that its retry does nothing: refusals are not kept."""

    owner: str
    key: str
    input_hash: bytes
    seq: int
    outcome: dict[str, Any]


def table_of(row: type[Any]) -> Table:
    """The table of a row's class."""
    table = row.__table__
    assert isinstance(table, Table)
    return table


async def save(
    connection: Postgres,
    tree: Tree,
    *,
    changes: Sequence[Change],
    people: Kept[Any, Person],
    teams: Kept[Any, Team],
    check_ins: Sequence[CheckIn],
    retries: Sequence[Retry],
) -> dict[str, dict[UUID, dict[str, Any]]]:
    """Saves what has changed, referred to before referring; gives the rows that somebody may want to see."""
    writer = Writer(tree, changes[-1])
    writer.define(tables.PersonRow, tables.PersonVersionRow, [person_row(p) for p in people.changed()])
    removed = [person.id for person in people.changed() if not person.active]
    if removed:
        writer.batch.add(REVOKE_OF_PEOPLE, tree.organization.id, removed)
    writer.define(tables.TeamRow, tables.TeamVersionRow, [team_row(t) for t in teams.changed()])
    cycles = [cycle_row(cycle, tree.organization) for cycle in tree.cycles.changed()]
    writer.define(tables.CycleRow, tables.CycleVersionRow, cycles)
    writer.objectives()
    writer.key_results()
    writer.alignments()
    said = [check_in_row(check_in) for check_in in check_ins]
    writer.append(tables.CheckInRow, said)
    writer.append(tables.ChangeRow, [change_row(change) for change in changes])
    kept = _retry_rows(retries, changes[-1].recorded_at)
    writer.batch.put(table_of(tables.IdempotencyRow), kept, writer.owner)
    writer.batch.add(MOVE_HEAD, tree.organization.id, changes[-1].seq, changes[-1].recorded_at)
    await writer.batch.write(connection)
    return {**writer.saved, "check_in": {row["id"]: row for row in said}}


async def save_retries(
    connection: Postgres, organization_id: UUID, retries: Sequence[Retry], *, recorded_at: datetime
) -> None:
    """Save what mutations that are no change of the feed did."""
    batch = Batch()
    batch.put(
        table_of(tables.IdempotencyRow),
        _retry_rows(retries, recorded_at),
        {"organization_id": organization_id},
    )
    await batch.write(connection)


def _retry_rows(retries: Sequence[Retry], recorded_at: datetime) -> list[dict[str, Any]]:
    return [
        {
            "owner": retry.owner,
            "key": retry.key,
            "input_hash": retry.input_hash,
            "seq": retry.seq,
            "outcome": retry.outcome,
            "recorded_at": recorded_at,
        }
        for retry in retries
    ]


def _curve(standing: KeyResultStanding | ObjectiveStanding | None) -> Curve | None:
    return standing.expected if standing else None


class Writer:
    """Writes rows of one organisation, each definition with a version at the change's `seq`."""

    def __init__(self, tree: Tree, change: Change) -> None:
        self.batch = Batch()
        self.saved: dict[str, dict[UUID, dict[str, Any]]] = {}
        self.tree = tree
        self.owner = {"organization_id": tree.organization.id}
        self.stamp = {"seq": change.seq, "recorded_at": change.recorded_at}

    def append(self, row: type[Any], rows: Sequence[dict[str, Any]], **more: object) -> None:
        """Appends facts."""
        self.batch.append(table_of(row), rows, {**self.owner, **more})

    def define(self, row: type[Any], version: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        """Puts definitions, and appends what they are from now on to their versions."""
        self.batch.put(table_of(row), rows, self.owner)
        self.append(version, rows, **self.stamp)

    def objectives(self) -> None:
        """Objectives that were defined anew as a whole; of the others only the numbers that moved."""
        tree = self.tree
        defined = tree.objectives.changed_keys()
        whole = set(defined)
        moved = [id for id in tree.objective_standings.changed_keys() if id not in whole]

        rows = {
            id: objective_row(tree.objectives[id], tree.objective_standings[id]) for id in defined + moved
        }
        self.saved["objective"] = rows
        self.define(tables.ObjectiveRow, tables.ObjectiveVersionRow, [rows[id] for id in defined])
        self._update(tables.ObjectiveRow, rows, moved, tree.objective_standings, OBJECTIVE_NUMBERS)

    def key_results(self) -> None:
        """Key results that were defined anew as a whole; of the others only the numbers that moved."""
        tree = self.tree
        defined = tree.key_results.changed_keys()
        whole = set(defined)
        moved = [id for id in tree.key_result_standings.changed_keys() if id not in whole]

        rows = {
            id: key_result_row(tree.key_results[id], tree.key_result_standings[id]) for id in defined + moved
        }
        self.saved["key_result"] = rows
        self.define(tables.KeyResultRow, tables.KeyResultVersionRow, [rows[id] for id in defined])
        numbers = (*KEY_RESULT_NUMBERS, "counted_from")
        self._update(tables.KeyResultRow, rows, moved, tree.key_result_standings, numbers)

    def _update(
        self,
        row: type[Any],
        rows: Mapping[UUID, dict[str, Any]],
        moved: Sequence[UUID],
        standings: Kept[UUID, Any],
        numbers: tuple[str, ...],
    ) -> None:
        """Sets the numbers that move; the curves only where they have."""
        bent = {id for id in moved if _curve(standings.before(id)) != _curve(standings[id])}
        for ids, names in (
            ([id for id in moved if id in bent], numbers + CURVE + TURNS),
            ([id for id in moved if id not in bent], numbers + TURNS),
        ):
            self.batch.update(table_of(row), [rows[id] for id in ids], names, self.owner)

    def alignments(self) -> None:
        """Edges that are new or weigh otherwise, and those that are gone."""
        gone = [alignment_row(edge) for edge in self.tree.alignments.removed()]
        kept = [alignment_row(edge) for edge in self.tree.alignments.changed()]
        table = table_of(tables.AlignmentRow)
        self.batch.delete(table, gone, self.owner)
        self.batch.put(table, kept, self.owner)
        self.append(tables.AlignmentVersionRow, gone, ended=True, **self.stamp)
        self.append(tables.AlignmentVersionRow, kept, ended=False, **self.stamp)
