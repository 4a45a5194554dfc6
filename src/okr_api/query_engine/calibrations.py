"""Load calibrations of people, teams and the organisation: who may see which, and all cases at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.okr.policy import Action, Editing, Relation, is_permitted
from okr_api.okr.relations import relations_to_organization
from okr_api.scoring.calibration import CalibrationCase, CalibrationTally
from okr_api.store import relation_statements
from okr_api.store.time_slicing import TimeSlice
from okr_api.store.tree_statements import LIVE

from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_CALIBRATION_CASES = 20_000  # of one field
# Whose case a key result `part` of an objective `holder` is.
SUBJECTS = {
    NodeType.PERSON: "coalesce(part.owner_id, holder.owner_id)",
    NodeType.TEAM: "holder.team_id",
    NodeType.ORGANIZATION: "holder.organization_id",
}
# The key results with an outcome in closed cycles that end from $3 to $4, and the confidence of the first,
# the middle and the last check-in with one before the end of the cycle; of two in the middle, of the earlier.
CASES = f"""
    select asked.subject_id, asked.outcome = 'ACHIEVED' as is_achieved, said.confidences[1] as first,
        said.confidences[(cardinality(said.confidences) + 1) / 2] as middle,
        said.confidences[cardinality(said.confidences)] as last
    from (
        select part.id, part.outcome, done.ends_at, %s as subject_id
        from cycle done
        join objective holder on {{visible:holder}} and holder.cycle_id = done.id and holder.state = 'CLOSED'
        join key_result part on part.organization_id = $1 and part.objective_id = holder.id
            and part.outcome in ('ACHIEVED', 'MISSED')
        where done.organization_id = $1 and done.state = 'CLOSED' and %s = any($2::uuid[])
            and done.ends_on >= coalesce($3::date, done.ends_on)
            and done.ends_on <= coalesce($4::date, done.ends_on)
    ) asked
    cross join lateral (
        select array_agg(confidence order by effective_at, seq, place) as confidences
        from check_in said
        where said.organization_id = $1 and said.key_result_id = asked.id and said.confidence is not null
            and said.effective_at < asked.ends_at and {LIVE.format("said")}
    ) said
    where said.confidences is not null
    limit {MAX_CALIBRATION_CASES + 1}
"""
# Which of the people $2 are in a team that the person $3 leads, or in a team under one.
LED = f"""
    with recursive asked as (
        select team_id, person_id from team_membership
        where organization_id = $1 and person_id = any($2::uuid[]) and not removed
    ), {relation_statements.TEAMS_ABOVE}
    select distinct asked.person_id from asked
    join above on above.team_id = asked.team_id
    join team_membership lead on lead.organization_id = $1 and lead.team_id = above.ancestor_id
        and lead.person_id = $3 and lead.role = 'LEAD' and not lead.removed
"""
LED_TEAMS = relation_statements.relations_of(relation_statements.OF_TEAM)
Document = Mapping[str, Any]


async def load_calibrations(
    node_type: NodeType,
    snapshot: Snapshot,
    ids: Sequence[Any],
    *,
    since: date | None = None,
    until: date | None = None,
) -> Mapping[Any, Document]:
    """Return the calibrations that the snapshot's principal may see and that have enough cases, by id.

    Raises:
        InvalidInput: `since` is after `until`.
        TooMany: there are more than `MAX_CALIBRATION_CASES` cases.
    """
    if since is not None and until is not None and since > until:
        raise InvalidInput("since is after until", path=["since"])
    await snapshot.begin()
    permitted = await _permitted(node_type, snapshot, list(dict.fromkeys(ids)))
    if not permitted:
        return {}
    subject = SUBJECTS[node_type]
    rows = await fetch_visible(snapshot, CASES % (subject, subject), permitted, since, until)
    if len(rows) > MAX_CALIBRATION_CASES:
        raise TooMany(
            f"A calibration is of at most {MAX_CALIBRATION_CASES:,} key results; give `since`",
            path=["since"],
        )
    tallies, time_slice = {id: CalibrationTally() for id in permitted}, TimeSlice()
    for row in rows:
        case = CalibrationCase(row["first"], row["middle"], row["last"], row["is_achieved"])
        tallies[row["subject_id"]].add(case)
        await time_slice.pause()
    found = {id: tally.calibration() for id, tally in tallies.items()}
    return {id: asdict(calibration) for id, calibration in found.items() if calibration is not None}


async def _permitted(node_type: NodeType, snapshot: Snapshot, ids: Sequence[Any]) -> list[Any]:
    """Return those of the ids whose calibration the snapshot's principal may see."""
    principal = snapshot.principal
    assert principal is not None, "nobody in particular reads"

    def permits(*relations: Relation) -> bool:
        found = {*relations_to_organization(principal), *relations}
        return is_permitted(principal, Editing.RESPONSIBLE, Action.VIEW_CALIBRATION, found)

    if permits():
        return list(ids)
    if principal.person_id is None or node_type is NodeType.ORGANIZATION:
        return []
    own = principal.person_id.hex
    if node_type is NodeType.TEAM:
        rows = await snapshot.fetch(LED_TEAMS, list(ids), own)
        return [row["id"] for row in rows if permits(*map(Relation, row["relations"]))]
    led = {row["person_id"] for row in await snapshot.fetch(LED, list(ids), own)}
    relations = {id: (Relation.TEAM_LEAD,) if id in led else () for id in ids}
    return [id for id in ids if permits(*relations[id], *((Relation.OWNER,) if id == own else ()))]
