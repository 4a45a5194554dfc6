"""Restore the `changes` section of an export as past changes of the feed, and find its highest `seq`."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.belonging import belongs_to, parts_of
from okr_api.okr.change import Change
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entities import ATTACHED, BY_TYPE
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Refused
from okr_api.services.references import long_text, title

from .errors import RowIsUnclear, required
from .file_format import SECTIONS, File
from .import_session import ImportSession
from .row_parser import MAX_FILE_SEQ, ParsedRow


def highest_seq(file: File) -> int:
    """Return the highest `seq` in an export; the restored feed continues after it."""
    highest = 0
    for fields in _stamped(file):
        seq = fields.get("seq")
        if isinstance(seq, int) and highest < seq <= MAX_FILE_SEQ:
            highest = seq
    return highest


def _stamped(file: File) -> Iterator[dict[str, Any]]:
    rows = (fields for section in (*SECTIONS, "changes") for _, fields in file.rows(section))
    for fields in chain([file.organization.fields], rows):
        if not isinstance(fields, dict):
            continue
        yield fields
        for within in ("history", "parents", "parents_history"):
            inner = fields.get(within)
            yield from (
                (each for each in inner or () if isinstance(each, dict)) if isinstance(inner, list) else ()
            )


def take_decisions(session: ImportSession) -> list[Change]:
    """Return the decisions of an export that is restored; none otherwise, as its `seq`s mean nothing then."""
    if not session.restoring:
        return []
    taken: list[Change] = []
    edited = _edited(session)
    for place, fields in session.file.rows("changes"):
        try:
            change = _decision(session, ParsedRow(fields, place))
            related = edited[change.seq].keys() - {change.node_id}
            taken.append(replace(change, related_ids=tuple(related)))
        except Refused as refusal:
            session.report.refuse(place, refusal)
    for seq, count in Counter(change.seq for change in taken).items():
        if count > 1:
            session.report.refuse(
                "changes", RowIsUnclear(f"{count} changes have the seq {seq}", path=["seq"])
            )
    return taken


def _edited(session: ImportSession) -> dict[int, dict[UUID, None]]:
    """Return what each change edited, by its `seq`; with a key result its objective, also a former one."""
    edited: defaultdict[int, dict[UUID, None]] = defaultdict(dict)
    objectives: dict[UUID, UUID] = {}
    for versions in (session.earlier, session.present):
        for section in SECTIONS:
            for version in versions[section]:
                edited[version.seq][version.word.id] = None
        for version in versions[BY_TYPE[NodeType.KEY_RESULT].section]:
            now = version.word.objective_id
            edited[version.seq] |= {now: None, objectives.get(version.word.id, now): None}
            objectives[version.word.id] = now
    attached = (
        version
        for versions in (session.earlier, session.present)
        for entity in ATTACHED
        for version in versions[entity.section]
    )
    work = session.work

    def owner_of(id: UUID) -> UUID:
        return objectives.get(id, id)

    check_ins = {check_in.id: check_in.about_id for check_in in work.check_ins}
    parts = parts_of(check_ins, lambda model: work.plain.of(model).values(), owner_of)
    for version in attached:
        edited[version.seq] |= dict.fromkeys(belongs_to(version.word, owner_of, parts))
    return edited


def _decision(session: ImportSession, line: ParsedRow) -> Change:
    seq, recorded_at = session.stamp_of(line)
    if seq < 1:
        raise line.unclear("seq", "a whole number from 1")
    node, author = required(line.line("node"), "node"), required(line.line("author"), "author")
    node_type = required(node.word("type", NodeType), "node.type")
    section = BY_TYPE[node_type].section if BY_TYPE[node_type].is_versioned else ""
    node_id = session.refer(node, section, "id") if section else session.work.organization.id
    name = title(required(author.text("name"), "author.name"), "author.name")
    return Change(
        seq=seq,
        recorded_at=required(recorded_at, "recorded_at"),
        kind=required(line.word("kind", ChangeKind), "kind"),
        author=Author(name, session.refer(author, "people", "person_id")),
        node_type=node_type,
        node_id=required(node_id, "node.id"),
        fields=tuple(line.texts("fields")),
        reason=long_text(line.text("reason"), "reason"),
    )
