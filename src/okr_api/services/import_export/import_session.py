"""State of an import: rows taken and left out, ids and references resolved, counts, versions to save."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.change_tracking import TrackedDict
from okr_api.okr.check_in import FURTHEST_AHEAD
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.entities import BY_SECTION
from okr_api.okr.errors import CycleIsClosed, InvalidInput, Refused
from okr_api.services.references import MAX_EXTERNAL_ID_LENGTH
from okr_api.store.database import new_id
from okr_api.store.import_history import Version, Versions
from okr_api.store.unit_of_work import Work

from .errors import IdIsRepeated, ReferenceIsUnknown, RowIsUnclear
from .file_format import SECTIONS, File
from .import_row import ImportRow, Matched, own_id
from .report import ImportReport, RowNote
from .row_parser import MAX_FILE_SEQ, ParsedRow, in_order

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
TOLD_EVERY = 500
OF_AN_EXPORT = frozenset({"uuid", "version", "seq", "place", "recorded_at", "history", "parents_history"})


@dataclass
class ImportSession:
    """State of the import of one file.

    `restoring` means that an export is imported into an organisation without changes, so that its
    history continues here with the same `seq`s. `ids` maps section and id in the file to the id here;
    `earlier` holds versions from before the import, `present` those that it creates; `adopts` means that
    the organisation takes over what the file says of it.
    """

    work: Work
    file: File
    author: Author
    now: datetime
    report: ImportReport
    restoring: bool
    progress: Progress
    ids: dict[str, dict[str, UUID]] = field(default_factory=lambda: {name: {} for name in SECTIONS})
    known: dict[str, dict[str, UUID]] = field(default_factory=dict)
    matched: Matched = field(default_factory=dict)
    earlier: Versions = field(default_factory=Versions)
    present: Versions = field(default_factory=Versions)
    unread: dict[str, Counter[str]] = field(default_factory=dict)
    left_out: dict[str, RowNote] = field(default_factory=dict)
    authors: dict[tuple[Any, ...], Author] = field(default_factory=dict)
    adopts: bool = False
    done: int = 0

    def kept(self, section: str) -> TrackedDict[UUID, Any]:
        """Return the entities of a section, including those imported so far."""
        tree, entity = self.work.tree, BY_SECTION[section]
        if entity.is_plain:
            return self.work.plain.of(entity.model)
        scored: dict[str, TrackedDict[UUID, Any]] = {
            "cycles": tree.cycles,
            "objectives": tree.objectives,
            "key_results": tree.key_results,
        }
        return scored[section]

    @contextmanager
    def row(self, section: str, place: str) -> Iterator[None]:
        """Import a row; if it is rejected, report it and leave it out.

        If it refers to a row that was left out before, only that one is reported.
        """
        self.done += 1
        if self.done % TOLD_EVERY == 0:
            self.progress("rows", min(self.done, size := self.file.size()), size)
        counts = self.report.of(section)
        before = (counts.created, counts.updated, counts.unchanged, counts.removed)
        try:
            yield
        except Refused as refusal:
            cause = refusal.cause if isinstance(refusal, ReferenceIsUnknown) else None
            if cause:
                cause.follows += 1
            self.left_out[place] = cause or self.report.refuse(place, refusal)
            counts.created, counts.updated, counts.unchanged, counts.removed = before
            counts.skipped += 1

    def entries(self, section: str) -> list[ImportRow[Any]]:
        """Return the rows of a section that have a unique id, each with the entity known under it."""
        kept = self.kept(section)
        known = {each.external_id: each.id for each in kept.values() if each.external_id is not None}
        self.known[section] = known
        found: dict[UUID, ImportRow[Any]] = {}
        for place, fields in self.file.rows(section):
            try:
                line = ParsedRow(fields, place)
                name = self.name_of(section, line)
                external_id, uuid = self.identity(line, name)
                id = self.known[section].get(external_id or "", uuid or new_id())
                if id in found:
                    raise IdIsRepeated(f"{found[id].line.place} is the same", path=["uuid"])
                self.ids[section][name] = id
                found[id] = ImportRow(line, id, external_id, kept.get(id), self.file.full)
            except Refused as refusal:
                with self.row(section, place):
                    raise refusal
        return list(found.values())

    def leave_the_rest(self, section: str, line: ParsedRow) -> None:
        """Count a row's fields that are not kept; the report names each field once."""
        self.leave_names(section, {*line.rest(), *line.unread()})

    def leave_names(self, section: str, names: set[str]) -> None:
        """Count the names of fields that are not kept."""
        if not names:
            return
        if self.file.full:
            names = {name for name in names if name.rpartition(".")[2] not in OF_AN_EXPORT}
        self.unread.setdefault(section, Counter()).update(names)

    def name_of(self, section: str, line: ParsedRow) -> str:
        """Return the id of a row in its file.

        Raises:
            RowIsUnclear: it is missing.
            IdIsRepeated: another row of the section has it.
        """
        name = line.reference("id")
        if name is None:
            raise RowIsUnclear("id is missing", path=["id"])
        if name in self.ids[section]:
            raise IdIsRepeated(f"Another row of {section} is {name!r}", path=["id"])
        return name

    def identity(self, line: ParsedRow, name: str) -> tuple[str | None, UUID | None]:
        """Return the external id and the own id; in an export, the own id may be the only one."""
        uuid = line.uuid() if self.file.full else None
        if self.file.full and uuid is None and (own := own_id(name)):
            return None, own
        external_id = self.file.external_id(name)
        if len(external_id) > MAX_EXTERNAL_ID_LENGTH:
            raise InvalidInput(f"An external id has at most {MAX_EXTERNAL_ID_LENGTH} characters", path=["id"])
        return external_id, uuid

    def resolve(self, section: str, name: str, field: str) -> UUID:
        """Return the id of the entity that a reference names, in this file or in the organisation.

        Raises:
            ReferenceIsUnknown: it is in neither.
        """
        kept, known = self.kept(section), self.known.get(section, {})
        found = self.ids[section].get(name) or self.matched.get(section, {}).get(name)
        found = found or known.get(self.file.external_id(name)) or known.get(name)
        if found is None and self.file.full:
            found = own_id(name)
        if found is None or found not in kept:
            raise self.unknown(section, name, f"{field} names {name!r}, which is not among the {section}")
        return found

    def unknown(self, section: str, name: str, message: str) -> ReferenceIsUnknown:
        """Return the error for a reference to a row, with the note of the row if that was left out."""
        refusal = ReferenceIsUnknown(message)
        refusal.cause = self.left_out.get(self.file.place_of(section, name) or "")
        return refusal

    def refer(self, line: ParsedRow, section: str, field: str, known: UUID | None = None) -> UUID | None:
        """Return the id that a field refers to; `known` if the row does not have the field."""
        if not line.has(field):
            return known
        name = line.reference(field)
        return None if name is None else self.resolve(section, name, field)

    def takes_changes(self, cycle: Cycle) -> None:
        """Raise `CycleIsClosed` if the cycle was closed before this import."""
        before = self.work.tree.cycles.before(cycle.id)
        if before is not None and before.state is CycleState.CLOSED:
            raise CycleIsClosed(f"{before.name} is closed; reopen it to change anything")

    def settle(
        self, section: str, entry: ImportRow[Any], word: T, earlier: Sequence[Version[T]] = ()
    ) -> T | None:
        """Count a row, and return the entity to store: None if nothing has changed."""
        counts = self.report.of(section)
        known: Any = entry.known
        if known is None:
            counts.created += 1
            self._stamp(section, word, entry.line, earlier)
            return word
        made: Any = word
        if made == known:
            counts.unchanged += 1
            return None
        counts.updated += 1
        return replace(made, version=known.version + 1)  # type: ignore[no-any-return]

    def history(self, entry: ImportRow[Any], read: Callable[[ImportRow[Any]], T]) -> list[Version[T]]:
        """Return the earlier versions of a new entity in an export, oldest first, read as its row is."""
        if not self.file.full or entry.known is not None:
            return []
        versions: list[Version[T]] = []
        for line in entry.line.lines("history"):
            name = line.reference("id")
            if name is None:
                raise RowIsUnclear(f"{line.within}id is missing", path=["history"])
            external_id, _ = self.identity(line, name)
            word = read(ImportRow(line, entry.id, external_id, None, full=True))
            seq, recorded_at = self.stamp_of(line)
            versions.append(Version(word, seq, recorded_at or self.work.now))
        own_seq, recorded_at = self.stamp_of(entry.line)
        in_order([*(version.seq for version in versions), *([own_seq] if recorded_at else [])])
        return versions

    def stamp_of(self, line: ParsedRow) -> tuple[int, datetime | None]:
        """Return the `seq` and the instant at which a row was recorded.

        Raises:
            RowIsUnclear: the instant is more than `FURTHEST_AHEAD` after now.
        """
        seq = line.count("seq", 0, least=-MAX_FILE_SEQ, most=MAX_FILE_SEQ)
        recorded_at = line.instant("recorded_at")
        if recorded_at is not None and recorded_at > self.now + FURTHEST_AHEAD:
            raise RowIsUnclear("recorded_at lies ahead of now", path=["recorded_at"])
        return seq, recorded_at

    def _stamp(self, section: str, word: T, line: ParsedRow, earlier: Sequence[Version[T]]) -> None:
        seq, recorded_at = self.stamp_of(line) if self.file.full else (0, None)
        self.remember(section, earlier, Version(word, seq, recorded_at) if recorded_at else None)

    def remember(
        self, section: str, earlier: Sequence[Version[T]], present: Version[T] | None = None
    ) -> None:
        """Keep versions, to be saved with their entities.

        The `seq`s of another feed mean nothing where one has begun: earlier versions then lie before the
        feed, at 0 and below.
        """
        if not self.restoring:
            first = 1 - len(earlier)
            earlier = [replace(version, seq=first + i) for i, version in enumerate(earlier)]
            present = replace(present, seq=self.work.next_seq) if present else None
        self.earlier[section].extend(earlier)
        if present:
            self.present[section].append(present)
