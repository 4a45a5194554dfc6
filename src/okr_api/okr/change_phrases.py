"""Phrases of change kinds: a table of what is said of each kind in the sentence of a change.

A kind of an entity and a common verb needs no entry of its own.
"""

from .change_kind import ChangeKind

# What is said of a kind by its verb; `{node}` is the entity, such as "the objective 'Grow revenue'".
VERBS = {
    "CREATED": "created {node}",
    "UPDATED": "edited {node}",
    "REMOVED": "removed {node}",
    "DELETED": "deleted {node}",
    "ARCHIVED": "archived {node}",
    "RESTORED": "took up {node} again",
    "PUBLISHED": "published {node}",
    "PAUSED": "paused {node}",
    "DROPPED": "dropped {node}",
    "ACTIVATED": "activated {node}",
    "CLOSED": "closed {node}",
    "REOPENED": "reopened {node}",
    "REPLACED": "replaced {node}",
    "RESOLVED": "resolved {node}",
    "ESCALATED": "escalated {node}",
    "STARTED": "started {node}",
    "CONCLUDED": "concluded {node}",
    "ABANDONED": "abandoned {node}",
    "GRADED": "graded {node}",
}
# What is said of kinds for which the verb alone would say too little.
KINDS = {
    ChangeKind.PERSON_REMOVED: "deactivated {node}",
    ChangeKind.TEAM_MEMBER_ADDED: "added a member to {node}",
    ChangeKind.TEAM_MEMBER_UPDATED: "edited a member of {node}",
    ChangeKind.TEAM_MEMBER_REMOVED: "removed a member from {node}",
    ChangeKind.METRIC_READING_RECORDED: "recorded readings of {node}",
    ChangeKind.METRIC_READING_RETRACTED: "retracted a reading of {node}",
    ChangeKind.CYCLES_GENERATED: "created {node} with its quarters",
    ChangeKind.CYCLE_REVIEW_BEGUN: "put {node} in review",
    ChangeKind.CYCLE_ROLLED_OVER: "carried objectives over into {node}",
    ChangeKind.OBJECTIVE_ALIGNED: "aligned {node} with a parent",
    ChangeKind.OBJECTIVE_UNALIGNED: "removed an alignment of {node}",
    ChangeKind.OBJECTIVE_MOVED: "moved {node} to another parent",
    ChangeKind.KEY_RESULT_MOVED: "moved {node} to another objective",
    ChangeKind.CHECK_IN_RECORDED: "checked in on {node}",
    ChangeKind.CHECK_IN_RETRACTED: "retracted a check-in on {node}",
    ChangeKind.CHECK_IN_DRAFT_CREATED: "drafted a check-in on {node}",
    ChangeKind.CHECK_IN_DRAFT_UPDATED: "edited the draft of a check-in on {node}",
    ChangeKind.CHECK_IN_DRAFT_DELETED: "deleted the draft of a check-in on {node}",
    ChangeKind.ABSENCE_CREATED: "recorded an absence of {node}",
    ChangeKind.ABSENCE_UPDATED: "edited an absence of {node}",
    ChangeKind.ABSENCE_DELETED: "deleted an absence of {node}",
    ChangeKind.COMMENT_CREATED: "commented on {node}",
    ChangeKind.COMMENT_UPDATED: "edited a comment on {node}",
    ChangeKind.COMMENT_DELETED: "deleted a comment on {node}",
    ChangeKind.REACTION_ADDED: "reacted to {node}",
    ChangeKind.REACTION_REMOVED: "took back a reaction to {node}",
    ChangeKind.FOLLOW_BEGUN: "follows {node}",
    ChangeKind.FOLLOW_ENDED: "follows {node} no more",
    ChangeKind.MEETING_RECORDED: "recorded a meeting of {node}",
    ChangeKind.MEETING_UPDATED: "edited a meeting of {node}",
    ChangeKind.MEETING_DELETED: "deleted a meeting of {node}",
    ChangeKind.REVIEW_RECORD_CREATED: "reviewed {node}",
    ChangeKind.REVIEW_RECORD_UPDATED: "edited the review of {node}",
    ChangeKind.REVIEW_RECORD_DELETED: "deleted the review of {node}",
    ChangeKind.PULSE_CREATED: "drafted a pulse of {node}",
    ChangeKind.PULSE_UPDATED: "edited the pulse of {node}",
    ChangeKind.PULSE_OPENED: "opened the pulse of {node}",
    ChangeKind.PULSE_CLOSED: "closed the pulse of {node}",
    ChangeKind.PULSE_DELETED: "deleted the pulse of {node}",
    ChangeKind.IMPORTED: "imported data",
    # What the clock did, which nobody is named for.
    ChangeKind.CYCLE_BEGUN: "{node} has begun",
    ChangeKind.CYCLE_ENDED: "{node} has ended",
    ChangeKind.STATUS_TURNED: "{node} has turned by time alone",
    ChangeKind.CHECK_IN_DUE: "a check-in on {node} is due",
    ChangeKind.CHECK_IN_LATE: "a check-in on {node} is late",
    ChangeKind.CHECK_IN_MISSED: "a check-in on {node} was missed",
    ChangeKind.WEBHOOK_DISABLED: "a webhook of {node} was disabled",
}


def phrase_of(kind: ChangeKind) -> str:
    """Return what is said of a kind.

    Raises:
        KeyError: it has no entry, and its verb has none.
    """
    return KINDS[kind] if kind in KINDS else VERBS[kind.rpartition("_")[2]]
