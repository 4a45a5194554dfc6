"""Record imported check-ins in memory, by key result with its cycle and readings; `import_writer` saves."""

from dataclasses import dataclass, replace
from uuid import UUID

from okr_api.okr.check_in import CheckIn
from okr_api.okr.cycle import Cycle
from okr_api.okr.key_result import KeyResult, Reading

from .check_in_index import CheckInIndex
from .import_session import ImportSession


@dataclass(frozen=True, slots=True)
class Recorder:
    """Recorder of a key result's check-ins; `readings` are those not superseded or retracted, by check-in."""

    session: ImportSession
    check_in_index: CheckInIndex
    key_result: KeyResult
    cycle: Cycle
    readings: dict[UUID | None, Reading]

    @classmethod
    def of(cls, session: ImportSession, check_in_index: CheckInIndex, key_result_id: UUID) -> "Recorder":
        """Return the recorder of a key result, starting with the readings in the tree."""
        tree = session.work.tree
        key_result = tree.key_results[key_result_id]
        readings = {reading.check_in_id: reading for reading in tree.readings.get(key_result_id, ())}
        return cls(session, check_in_index, key_result, tree.cycle_of(key_result.objective_id), readings)

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
        """Put the readings into the tree, so that the key result is scored once."""
        readings = self.session.work.tree.readings
        if self.readings or self.key_result.id in readings:
            readings[self.key_result.id] = list(self.readings.values())


class Recorders:
    """Recorders of key results, by id and by the reference in a row."""

    def __init__(self, session: ImportSession, check_in_index: CheckInIndex) -> None:
        self._intake = session
        self._ledger = check_in_index
        self._by_name: dict[str, Recorder] = {}
        self.by_id: dict[UUID, Recorder] = {}

    def named(self, name: str) -> Recorder:
        """Return the recorder of the key result that a row refers to.

        Raises:
            ReferenceIsUnknown: there is no such key result.
        """
        recorder = self._by_name.get(name)
        if recorder is None:
            key_result_id = self._intake.resolve("key_results", name, "key_result_id")
            recorder = self._by_name[name] = self.of(key_result_id)
        return recorder

    def of(self, key_result_id: UUID) -> Recorder:
        """Return the recorder of a key result."""
        recorder = self.by_id.get(key_result_id)
        if recorder is None:
            recorder = self.by_id[key_result_id] = Recorder.of(self._intake, self._ledger, key_result_id)
        return recorder

    def finish(self) -> None:
        """Put the readings of all recorders into the tree."""
        for recorder in self.by_id.values():
            recorder.finish()
