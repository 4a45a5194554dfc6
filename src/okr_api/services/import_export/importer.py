"""Importer: take a file section by section without a lock, then save it as one change, or not at all."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from okr_api.okr.author import Author
from okr_api.okr.entities import ATTACHED, ON_CHECK_INS, PLAIN
from okr_api.okr.errors import Refused
from okr_api.okr.objective import Objective
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.store.bulk_insert import batches_of
from okr_api.store.database import Database
from okr_api.store.entity_lookup import all_entities
from okr_api.store.tree_loader import load_all_readings, load_everything, load_reports
from okr_api.store.unit_of_work import Work, unit_of_work, unlocked_work

from .alignments import take_alignments
from .check_in_index import load_check_in_index
from .check_ins import take_check_ins
from .current_values import take_currents
from .cycles import take_cycles
from .discussions import name_check_ins
from .file_format import File
from .frozen_rules import freeze_cycles
from .import_row import ImportRow, Matched
from .import_session import ImportSession, Progress
from .import_writer import PlannedImport, count_changes
from .key_results import take_key_results
from .metric_readings import load_metric_readings, take_metric_readings
from .objectives import take_objectives
from .plain_sections import take_entities
from .plurals import quantity
from .report import ImportReport
from .restore import adopt_organization, compare_zones
from .restored_changes import highest_seq, take_decisions
from .state_transitions import close_objectives, report_check_ins_in_drafts, report_not_graded

Plan = Callable[[Work], Awaitable[tuple[ImportReport, PlannedImport | None]]]
MAX_UNLOCKED_PLANS = 2


def _silent(phase: str, done: int, total: int) -> None:
    del phase, done, total


async def import_document(
    database: Database,
    organization_id: UUID,
    document: object,
    *,
    author: Author,
    namespace: str,
    dry_run: bool = False,
    skip_invalid: bool = False,
    rename: bool = False,
    matched: Matched | None = None,
    now: datetime | None = None,
    notifier: ChangeNotifier | None = None,
    progress: Progress = _silent,
) -> ImportReport:
    """Import a parsed file into the organisation, in one transaction and as one change.

    `namespace` is put before the ids of a file that neither names its own nor is an export. Importing a
    file again changes nothing. One invalid row rejects the file, unless `skip_invalid` leaves such rows
    out. A dry run does everything but save, and locks nothing. `rename` takes over the name of an export
    that is restored. `matched` are entities of the organisation by the section and the id by which rows name
    them. `now` is by default the database's clock; `progress` is called with (phase, done, total) in the
    phases `rows`, `counting` and `saving`. Errors in the file are in the report.

    Raises:
        NotFound: there is no such organisation.
    """
    try:
        file = File(document, namespace, rename=rename)
    except Refused as refusal:
        report = ImportReport(namespace=namespace, dry_run=dry_run, refused=True)
        report.refuse("file", refusal)
        return report

    async def plan(work: Work) -> tuple[ImportReport, PlannedImport | None]:
        report = ImportReport(namespace=file.namespace, dry_run=dry_run)
        session = await _opened(work, file, author, now or work.clock, report, progress)
        session.matched = matched or {}
        return report, await _planned(session, skip_invalid=skip_invalid)

    report = await _import(database, organization_id, plan, dry_run=dry_run)
    if notifier is not None and report.seq is not None:
        notifier.moved(organization_id, report.seq)
    return report


async def _import(database: Database, organization_id: UUID, plan: Plan, *, dry_run: bool) -> ImportReport:
    """Plan the import without a lock and save it if the organisation has not changed; else plan it again.

    After `MAX_UNLOCKED_PLANS` such attempts it is planned with the organisation locked.
    """
    for _ in range(MAX_UNLOCKED_PLANS):
        async with unlocked_work(database, organization_id) as work:
            report, planned = await plan(work)
            position = work.head
        if planned is None or dry_run:
            return report
        async with unit_of_work(database, organization_id) as locked:
            if locked.head == position:
                report.seq = await planned.save(locked.connection)
                return report
    async with unit_of_work(database, organization_id) as locked:
        report, planned = await plan(locked)
        report.seq = await planned.save(locked.connection) if planned else None
    return report


async def _opened(
    work: Work, file: File, author: Author, now: datetime, report: ImportReport, progress: Progress
) -> ImportSession:
    """Return the import session, with all of the organisation loaded except readings."""
    restoring = file.full and work.seq == 0
    session = ImportSession(work, file, author, now, report, restoring, progress)
    if restoring:
        adopt_organization(session)
        work.seq = highest_seq(file)
    else:
        compare_zones(session)
    connection, organization = work.connection, work.organization.id
    for entity in PLAIN:
        known = work.plain.of(entity.model)
        for each in await all_entities(connection, organization, entity.model):
            known.remember(each.id, each)
    await load_everything(connection, work.tree)
    return session


async def _planned(session: ImportSession, *, skip_invalid: bool) -> PlannedImport | None:
    """Import section by section and recompute; return None if there is nothing to save."""
    report = session.report
    await _load_readings(session)
    for entity in PLAIN:
        if entity not in ATTACHED:
            take_entities(session, entity)
    cycles = take_cycles(session)
    objectives = take_objectives(session)
    key_results = take_key_results(session)
    take_alignments(session, objectives)  # moves to other cycles are final after it
    close_objectives(session, cycles)
    freeze_cycles(session, cycles)
    for entity in ATTACHED:
        if entity not in ON_CHECK_INS:
            take_entities(session, entity)
    take_metric_readings(session, await load_metric_readings(session))
    check_in_index = await load_check_in_index(session, [entry.id for entry in key_results])
    checked_in = take_check_ins(session, check_in_index)
    take_currents(session, check_in_index, key_results, checked_in)
    await name_check_ins(session, check_in_index)
    for entity in ON_CHECK_INS:
        take_entities(session, entity)
    decisions = take_decisions(session)
    report_check_ins_in_drafts(session)
    _tell_what_is_not_kept(session, objectives)
    report.refused = bool(report.errors) and not skip_invalid
    if report.refused or not (report.changed or session.restoring):
        return None
    change = await count_changes(session)
    if not session.restoring:
        report_not_graded(session, cycles)
    return PlannedImport(session, change, decisions)


async def _load_readings(session: ImportSession) -> None:
    """Load all readings of what the file names, before any row is imported."""
    tree, file = session.work.tree, session.file
    known = {each.external_id: each.id for each in tree.key_results.values() if each.external_id}
    known |= {str(each.id): each.id for each in tree.key_results.values() if file.full}  # by own id
    named: set[UUID] = set()
    for section, field in (("key_results", "id"), ("key_results", "uuid"), ("check_ins", "key_result_id")):
        for _, fields in file.rows(section) if known else ():
            name = str(fields.get(field)) if isinstance(fields, dict) else ""
            found = known.get(file.external_id(name)) or known.get(name)
            if found is not None:
                named.add(found)
    for some in batches_of(sorted(named)):
        await load_all_readings(session.work.connection, tree, some)
    await _load_reports(session)


async def _load_reports(session: ImportSession) -> None:
    """Load all check-ins on the objectives that check-ins of the file are on."""
    tree, file = session.work.tree, session.file
    names = {str(row.get("objective_id")) for _, row in file.rows("check_ins") if isinstance(row, dict)}
    names.discard("None")
    asked = {file.external_id(name) for name in names}
    named = [
        each.id
        for each in (tree.objectives.values() if names else ())
        if each.external_id in asked or (file.full and str(each.id) in names)
    ]
    await load_reports(session.work.connection, tree, named, all_of_them=True)


def _tell_what_is_not_kept(session: ImportSession, objectives: list[ImportRow[Objective]]) -> None:
    for entry in objectives:
        session.leave_the_rest("objectives", entry.line)
    for section, fields in session.unread.items():
        for name, rows in sorted(fields.items()):
            session.report.note(
                section,
                "NOT_KEPT",
                f"{name} is not a supported field and was ignored ({quantity(rows, 'row')})",
            )
    for name in session.file.unknown:
        session.report.note("file", "NOT_KEPT", f"{name} is not a supported field and was ignored")
