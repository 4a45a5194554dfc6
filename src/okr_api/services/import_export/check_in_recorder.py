"""Record imported check-ins in memory, by what they are on with its readings; `import_writer` saves."""

from dataclasses import dataclass, replace
from uuid import UUID

from okr_api.okr.check_in import CheckIn
from okr_api.okr.cycle import Cycle
from okr_api.okr.key_result import KeyResult, Reading

from .check_in_index import CheckInIndex
from .import_session import ImportSession

FIELDS = {"key_results": "key_result_id", "objectives": "objective_id"}  # that name what a check-in is on


@dataclass(frozen=True, slots=True)
class Recorder:
    """Recorder of the check-ins on a key result, or on an objective: then it has no `key_result`.

    `readings` are those not superseded or retracted, by check-in.
    """

    session: ImportSession
    check_in_index: CheckInIndex
    node_id: UUID
    key_result: KeyResult | None
    cycle: Cycle
    readings: dict[UUID | None, Reading]

    @classmethod
    def of(cls, session: ImportSession, check_in_index: CheckInIndex, node_id: UUID) -> "Recorder":
        """Return the recorder of a key result or an objective, starting with the readings in the tree."""
        tree = session.work.tree
        readings = {reading.check_in_id: reading for reading in tree.readings.get(node_id, ())}
        cycle = tree.cycle_of(tree.owner_of(node_id))
        return cls(session, check_in_index, node_id, tree.key_results.get(node_id), cycle, readings)

    def record(self, said: CheckIn) -> None:
        """Record a check-in.

        Raises:
            CycleIsClosed: its cycle was closed before this import.
        """
        self.session.takes_changes(self.cycle)
        if said.supersedes_id is not None:
            self.readings.pop(said.supersedes_id, None)
        if said.retraction_reason is None:
            self.readings[said.id] = said.reading
        self.session.work.check_ins.append(said)
        self.check_in_index.add(said)

    def correct(self, last: CheckIn, said: CheckIn) -> None:
        """Record a correction of an earlier check-in; if that was retracted, it supersedes nothing."""
        standing = self.check_in_index.standing(last)
        taken_back = standing.retraction_reason is not None
        self.record(replace(said, supersedes_id=None if taken_back else standing.id))

    def finish(self) -> None:
        """Put the readings into the tree, so that the node is scored once."""
        readings = self.session.work.tree.readings
        if self.readings or self.node_id in readings:
            readings[self.node_id] = list(self.readings.values())


class Recorders:
    """Recorders of key results and objectives, by id and by the reference in a row."""

    def __init__(self, session: ImportSession, check_in_index: CheckInIndex) -> None:
        self._intake = session
        self._ledger = check_in_index
        self._by_name: dict[tuple[str, str], Recorder] = {}
        self.by_id: dict[UUID, Recorder] = {}

    def named(self, name: str, section: str = "key_results") -> Recorder:
        """Return the recorder of the key result or the objective that a row refers to.

        Raises:
            ReferenceIsUnknown: there is no such row in the section.
        """
        recorder = self._by_name.get((section, name))
        if recorder is None:
            node_id = self._intake.resolve(section, name, FIELDS[section])
            recorder = self._by_name[section, name] = self.of(node_id)
        return recorder

    def of(self, node_id: UUID) -> Recorder:
        """Return the recorder of a key result or an objective."""
        recorder = self.by_id.get(node_id)
        if recorder is None:
            recorder = self.by_id[node_id] = Recorder.of(self._intake, self._ledger, node_id)
        return recorder

    def finish(self) -> None:
        """Put the readings of all recorders into the tree."""
        for recorder in self.by_id.values():
            recorder.finish()
