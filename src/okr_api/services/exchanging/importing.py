"""Importing: a file comes into an organisation, as one change, or not at all."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from okr_api.live.wakeups import Wakeups
from okr_api.okr.change import Change, ChangeKind, NodeType
from okr_api.okr.check_in import Author
from okr_api.okr.errors import Refused
from okr_api.okr.objective import Objective
from okr_api.scoring.chain import recount
from okr_api.store.database import Database
from okr_api.store.finding import all_people, all_teams
from okr_api.store.history import append_past_changes, append_versions, restamp_versions
from okr_api.store.loading import load_all_readings, load_everything
from okr_api.store.saving import save
from okr_api.store.unit_of_work import Work, unit_of_work

from .alignments import take_alignments
from .check_ins import take_check_ins
from .currents import take_currents
from .cycles import take_cycles
from .decisions import highest_seq, take_decisions
from .document import File
from .entry import Entry
from .intake import Intake, Progress
from .key_results import take_key_results
from .ledger import open_ledger
from .objectives import take_objectives
from .people import take_people, take_teams
from .plurals import quantity
from .report import ImportReport
from .restoring import adopt_organization, compare_zones
from .state_transitions import close_objectives, report_check_ins_in_drafts, report_not_graded


class _RolledBack(Exception):
    """Nothing of what was done is kept."""


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
    now: datetime | None = None,
    wakeups: Wakeups | None = None,
    progress: Progress = _silent,
) -> ImportReport:
    """Takes a parsed file into the organisation: all of it in one transaction and as one change.

    `namespace` begins the ids of a file that neither names its own nor is an export. Running it twice
    changes nothing. One row that cannot be taken refuses the file, unless `skip_invalid` leaves such
    rows out. A dry run does everything and keeps nothing. `rename` takes over the name of an
    export that is restored. `now` is by default the database's clock; `progress` hears (phase, done,
    total) of the phases `rows`, `counting` and `saving`.

    *Refuses*: an organisation that is not there (`NotFound`). Whatever is wrong with the file stands
    in the report.
    """
    report = ImportReport(namespace=namespace, dry_run=dry_run)
    try:
        file = File(document, namespace, rename=rename)
    except Refused as refusal:
        report.refuse("file", refusal)
        report.refused = True
        return report
    report.namespace = file.namespace
    try:
        async with unit_of_work(database, organization_id, planned_anew=True) as work:
            intake = await _opened(work, file, author, now or work.clock, report, progress)
            seq = await _taken(intake, skip_invalid=skip_invalid)
            if dry_run or report.refused:
                raise _RolledBack
            report.seq = seq
    except _RolledBack:
        return report
    if wakeups is not None and report.seq is not None:
        wakeups.moved(organization_id, report.seq)
    return report


async def _opened(
    work: Work, file: File, author: Author, now: datetime, report: ImportReport, progress: Progress
) -> Intake:
    """The intake, with everything in the work that the organisation has, but for readings."""
    restoring = file.full and work.seq == 0
    intake = Intake(work, file, author, now, report, restoring, progress)
    if restoring:
        await adopt_organization(intake)
        work.seq = highest_seq(file)
    else:
        compare_zones(intake)
    connection, organization = work.connection, work.organization.id
    for person in await all_people(connection, organization):
        work.people.remember(person.id, person)
    for team in await all_teams(connection, organization):
        work.teams.remember(team.id, team)
    await load_everything(connection, work.tree)
    return intake


async def _taken(intake: Intake, *, skip_invalid: bool) -> int | None:
    """Takes in section by section, recounts what that moves, and saves it: the change's `seq`, or None."""
    report = intake.report
    await _load_readings(intake)
    take_people(intake)
    take_teams(intake)
    cycles = take_cycles(intake)
    objectives = take_objectives(intake)
    key_results = take_key_results(intake)
    take_alignments(intake, objectives)  # after which each objective is in the cycle where it stays
    close_objectives(intake, cycles)
    ledger = await open_ledger(intake, [entry.id for entry in key_results])
    checked_in = take_check_ins(intake, ledger)
    take_currents(intake, ledger, key_results, checked_in)
    decisions = take_decisions(intake)
    report_check_ins_in_drafts(intake)
    _tell_what_is_not_kept(intake, objectives)
    report.refused = bool(report.errors) and not skip_invalid
    if report.refused or not (report.changed or intake.restoring):
        return None
    change = await _counted(intake)
    if not intake.restoring:
        report_not_graded(intake, cycles)
    intake.progress("saving", 0, 1)
    await _saved(intake, change, decisions)
    intake.progress("saving", 1, 1)
    return change.seq


async def _load_readings(intake: Intake) -> None:
    """All readings of the key results that the file names, before the first row is taken."""
    tree, file = intake.work.tree, intake.file
    known = {each.external_id: each.id for each in tree.key_results.values() if each.external_id}
    known |= {str(each.id): each.id for each in tree.key_results.values() if file.full}  # by its own id
    named: set[UUID] = set()
    for section, field in (("key_results", "id"), ("check_ins", "key_result_id")):
        for _, fields in file.rows(section):
            name = str(fields.get(field)) if isinstance(fields, dict) else ""
            found = known.get(file.external_id(name)) or known.get(name)
            if found is not None:
                named.add(found)
    if named:
        await load_all_readings(intake.work.connection, tree, sorted(named))


def _tell_what_is_not_kept(intake: Intake, objectives: list[Entry[Objective]]) -> None:
    for entry in objectives:
        intake.leave_the_rest("objectives", entry.line)
    for section, fields in intake.unread.items():
        for name, rows in sorted(fields.items()):
            intake.report.note(section, "NOT_KEPT", f"{name} has no place here ({quantity(rows, 'row')})")
    for name in intake.file.unknown:
        intake.report.note("file", "NOT_KEPT", f"{name} has no place here")


async def _counted(intake: Intake) -> Change:
    """The one change that an import is, with every number that it moved."""
    work = intake.work
    intake.progress("counting", 0, 1)
    key_results, objectives = _touched(work)
    missing = [id for id in key_results if id not in work.tree.readings]
    if missing:
        await load_all_readings(work.connection, work.tree, missing)
    deltas = recount(work.tree, key_results=key_results, objectives=objectives, at=work.now)
    intake.progress("counting", 1, 1)
    return Change(
        seq=work.next_seq,
        recorded_at=work.now,
        kind=ChangeKind.IMPORTED,
        author=intake.author,
        node_type=NodeType.ORGANIZATION,
        node_id=work.organization.id,
        reason=intake.file.namespace or None,
        deltas=deltas,
        check_in_ids=tuple(check_in.id for check_in in work.check_ins),
    )


def _touched(work: Work) -> tuple[Sequence[UUID], set[UUID]]:
    """The key results and objectives whose numbers may move."""
    tree = work.tree
    cycles = set(tree.cycles.changed_keys())
    objectives = set(tree.objectives.changed_keys())
    objectives |= {each.id for each in tree.objectives.values() if each.cycle_id in cycles}
    key_results = set(tree.key_results.changed_keys())
    for key_result in tree.key_results.changed():
        before = tree.key_results.before(key_result.id)
        objectives |= {key_result.objective_id, (before or key_result).objective_id}
    for edge in [*tree.alignments.changed(), *tree.alignments.removed()]:
        objectives.add(tree.owner_of(edge.parent_id))
    key_results |= {each.id for each in tree.key_results.values() if each.objective_id in objectives}
    key_results |= {check_in.key_result_id for check_in in work.check_ins}
    for objective in list(objectives):
        objectives |= tree.parents_of(objective)
    return sorted(key_results), objectives


async def _saved(intake: Intake, change: Change, decisions: list[Change]) -> None:
    """Saves it all, and after it the history that it brings along."""
    work = intake.work
    await save(
        work.connection,
        work.tree,
        changes=[change],
        people=work.people,
        teams=work.teams,
        check_ins=work.check_ins,
        retries=[],
    )
    await restamp_versions(work.connection, work.organization, intake.present, saved_at=change.seq)
    await append_versions(work.connection, work.organization, intake.earlier)
    if intake.restoring:
        await append_past_changes(work.connection, work.organization.id, decisions, feed_from=change.seq)
