"""Mutations of drafts of check-ins: prepare, edit and delete one for a person, who publishes it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in_draft import CheckInDraft
from okr_api.okr.errors import AlreadyExists, DraftIsForAnother, Forbidden, InvalidInput
from okr_api.okr.key_result import KeyResult
from okr_api.okr.notice import Notice, NoticeCode
from okr_api.okr.objective import Objective
from okr_api.okr.people import Person
from okr_api.okr.policy import Action, Editing, Principal, Relation, Scope, is_permitted
from okr_api.okr.relations import owing_person, relations_to_objective
from okr_api.okr.visibility import Visibility
from okr_api.store.check_in_draft_lookup import has_another_draft, has_check_in_since
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .check_in_lookup import CheckInRequest, Named, load_references, undecided_items
from .check_ins import check_in, takes_check_in
from .edits import new_values, resolve_values
from .effective_time import effective_time
from .measured_references import holder_of, measured_at
from .mutation_runner import MutationResult
from .permissions import Undecided, authorize, check_permitted, load_roles, load_undecided, undecided
from .plain_entities import create, edit, remove
from .references import Ref, check_version, entity_at

SEERS = frozenset({Relation.ADMIN, Relation.OWNER, Relation.CONTRIBUTOR, Relation.TEAM_LEAD})


class Known(NamedTuple):
    """A stored draft, with the objective and the key result that it is for."""

    draft: CheckInDraft
    objective: Objective
    key_result: KeyResult | None


async def add_draft(
    work: Work, actor: Actor, *, measured: Ref, assignee: Ref | None = None, **values: Any
) -> MutationResult:
    """Prepare a check-in for a person; `values` are by the field's name in inputs.

    Without an `assignee` it is for who owes the check-in: the check-in owner or the owner of the key result,
    or the owner of the objective.

    Raises:
        InvalidInput: nobody is named, and nobody owes it; who it is for could not publish it; or a value is
            out of bounds.
        NothingToRecord: the draft says nothing.
        PersonIsRemoved: the person has left.
        AlreadyExists: there is a draft for the same node and person.
        StateDoesNotFit, CycleIsDraft, CycleIsClosed, ReadingOutsideCycle: it could not be published.
    """
    objective, ids = await measured_at(work, measured)
    key_result = work.tree.key_results[ids["key_result_id"]] if ids["key_result_id"] else None
    await load_undecided(work, undecided(work, actor, Action.CHECK_IN, objective, key_result))
    check_permitted(work, actor, Action.CHECK_IN, objective, measured.path, key_result)
    person = values["assignee"] = assignee or _owed_by(objective, key_result)
    author = actor.author
    draft = CheckInDraft(
        **await new_values(work, CheckInDraft, new_id(), values),
        **ids,
        author_name=author.name,
        author_person_id=author.person_id,
    )
    known = Known(draft, objective, key_result)
    _check_content(work, known, measured)
    await _check_assignee(work, known, person)
    await _refuse_second(work, draft, assignee or measured)
    return await create(work, actor, ChangeKind.CHECK_IN_DRAFT_CREATED, draft)


async def edit_draft(
    work: Work,
    actor: Actor,
    *,
    check_in_draft: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit a draft; `edits` is keyed by the field's name in inputs. Raises what `add_draft` does."""
    known = await _known(work, actor, check_in_draft)
    await _authorize(work, actor, known, check_in_draft)
    check_version(known.draft.version, expected_version)
    assignee = edits.get("assignee")
    edits = await resolve_values(work, CheckInDraft, known.draft.id, edits, known.draft)
    edited = replace(known.draft, **edits)
    _check_content(work, known._replace(draft=edited), check_in_draft)
    if edited.assignee_id != known.draft.assignee_id:
        await _check_assignee(work, known._replace(draft=edited), assignee or check_in_draft)
        await _refuse_second(work, edited, assignee or check_in_draft)
    return await edit(work, actor, ChangeKind.CHECK_IN_DRAFT_UPDATED, known.draft, edits)


async def delete_draft(
    work: Work, actor: Actor, *, check_in_draft: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a draft softly, also in a closed cycle: it is no part of what was recorded."""
    known = await _known(work, actor, check_in_draft)
    await _authorize(work, actor, known, check_in_draft)
    return await remove(work, actor, ChangeKind.CHECK_IN_DRAFT_DELETED, known.draft, expected_version)


async def publish_draft(
    work: Work,
    actor: Actor,
    *,
    draft: Ref,
    says: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Record the check-in that was drafted and delete the draft, as one change.

    `says` are fields of a `CheckInRequest` that replace those of the draft.

    Raises:
        DraftIsForAnother: the actor is not who it is for.
        VersionConflict: it was edited since the expected version.
    """
    known = await _known(work, actor, draft)
    planned = known.draft
    if actor.author.person_id != planned.assignee_id:
        raise DraftIsForAnother(
            "This draft is for somebody else, who publishes it; whoever may edit it can give it to another "
            "person with checkInDraftUpdate",
            path=draft.path,
        )
    check_version(planned.version, expected_version)
    is_older = await has_check_in_since(work.connection, work.organization.id, planned)
    request = replace(_request_of(planned, draft), **_at_one_instant(says))
    found = await load_references(work, [request])
    await load_undecided(work, undecided_items(work, actor, [request], found))
    work.plain.remove(planned)
    outcome = await check_in(work, actor, [request], found)
    if outcome.item_errors or not is_older:
        return outcome
    message = "It was drafted before the latest check-in here; see whether it still says what you mean"
    notice = Notice(NoticeCode.DRAFT_IS_OLDER, message, ("items", "0", "checkInDraft"), (planned.node_id,))
    return replace(outcome, notices=(*outcome.notices, notice))


def _at_one_instant(says: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is said instead of a draft; a day replaces its instant."""
    return {"effective_at": None, **says} if says.get("effective_on") is not None else says


def _request_of(draft: CheckInDraft, ref: Ref) -> CheckInRequest:
    """Return the check-in that a draft prepares; errors of what it is on have the path of the draft."""
    node = Ref(draft.node_id, path=ref.path)
    return CheckInRequest(
        key_result=node if draft.key_result_id else None,
        objective=node if draft.objective_id else None,
        value=draft.value,
        milestones_done=draft.milestones_done,
        confidence=draft.confidence,
        status=draft.status,
        note=draft.note,
        effective_at=draft.effective_at,
    )


def _owed_by(objective: Objective, key_result: KeyResult | None) -> Ref:
    """Return a reference to the person who owes a check-in.

    Raises:
        InvalidInput: nobody does.
    """
    person = owing_person(objective, key_result)
    if person is None:
        node = key_result or objective
        raise InvalidInput(f"Nobody owns {node.title!r}: name an assignee", path=["assignee"])
    return Ref(person, path=("assignee",))


def _check_content(work: Work, known: Known, ref: Ref) -> None:
    """Raise if the check-in that is drafted could not be recorded now, by what it says or where."""
    draft, key_result = known.draft, known.key_result
    at = effective_time(work, draft.effective_at, None, None)
    planned = draft.as_check_in(at, key_result.definition if key_result else 1).checked()
    takes_check_in(work, _request_of(draft, ref), Named(None, known.objective, key_result), planned)


async def _check_assignee(work: Work, known: Known, ref: Ref) -> None:
    """Raise `InvalidInput` unless who a draft is for sees the objective and may check in there.

    The actor sees the objective, and may learn who else does not.
    """
    objective, editing = known.objective, work.organization.editing
    person = await entity_at(work, Person, Ref(known.draft.assignee_id, path=ref.path))
    if editing is not Editing.EVERYONE:
        owing = owing_person(objective, known.key_result)
        await load_undecided(work, {Undecided(person.id, objective.team_id, owing)})
    theirs = Principal(person.id, person.role, frozenset(Scope))
    viewer = Visibility(drafts=False, restricted=theirs.is_admin, person_id=person.id)
    relations = relations_to_objective(theirs, objective, work.team_roles, known.key_result, work.delegates)
    if viewer.shows(objective) and is_permitted(theirs, editing, Action.CHECK_IN, relations):
        return
    message = f"{person.name} may not check in here, and so could not publish the draft"
    raise InvalidInput(message, path=ref.path)


async def _refuse_second(work: Work, draft: CheckInDraft, ref: Ref) -> None:
    if await has_another_draft(work.connection, work.organization.id, draft):
        message = "There is a draft for this person here already; edit it with checkInDraftUpdate"
        raise AlreadyExists(message, path=ref.path)


async def _known(work: Work, actor: Actor, ref: Ref) -> Known:
    """Return a draft; raise `NotFound` if the actor does not see it.

    Beside who sees everything, these are its author, who it is for and who may edit the objective.
    `store/hidden_rows.py` has the same rule in SQL.
    """
    draft = await entity_at(work, CheckInDraft, ref)
    unseen = ref.not_found("check-in draft")
    objective = await holder_of(work, draft.objective_id, draft.key_result_id, unseen)
    key_result = work.tree.key_results[draft.key_result_id] if draft.key_result_id else None
    if not await _sees(work, actor, draft, objective):
        raise unseen
    return Known(draft, objective, key_result)


async def _sees(work: Work, actor: Actor, draft: CheckInDraft, objective: Objective) -> bool:
    person = actor.author.person_id
    if work.visibility.restricted or work.organization.editing is Editing.EVERYONE:
        return True
    if person in (None, draft.assignee_id, draft.author_person_id):
        return True
    if objective.team_id is not None and person is not None:
        await load_roles(work, {(objective.team_id, person)} - work.team_roles.keys())
    return not SEERS.isdisjoint(relations_to_objective(actor.principal, objective, work.team_roles))


async def _authorize(work: Work, actor: Actor, known: Known, ref: Ref) -> None:
    """Raise `Forbidden` unless the actor prepared it, is who it is for, or may edit the objective."""
    if known.draft.is_by(actor.author) or known.draft.assignee_id == actor.author.person_id:
        return
    try:
        await authorize(work, actor, Action.EDIT, known.objective, ref.path)
    except Forbidden as refusal:
        rule = "You may change drafts that you prepared, that are for you, or of objectives that you may edit"
        raise Forbidden(f"{rule}. {refusal.message}", path=ref.path) from None
