"""Declarations of the entities around objectives: drafts, work, comments, records, lessons, reviews.

They follow those of the plan in `entities.py`, which has the look-ups.
"""

from .check_in_draft import CheckInDraft
from .comment import Comment
from .decision import Decision
from .dependency import Dependency
from .entity import Entity, NodeType
from .errors import ReplyToReply
from .experiment import Experiment
from .follow import Follow
from .initiative import Initiative
from .lesson import Lesson
from .meeting import Meeting
from .pulse import Pulse
from .reaction import Reaction
from .review_record import ReviewRecord
from .roadblock import Roadblock

WORK_ENTITIES = (
    Entity(
        NodeType.CHECK_IN_DRAFT,
        "cid",
        CheckInDraft,
        "check_in_drafts",
        references={
            "assignee_id": NodeType.PERSON,
            "author_person_id": NodeType.PERSON,
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.INITIATIVE,
        "ini",
        Initiative,
        "initiatives",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.DEPENDENCY,
        "dep",
        Dependency,
        "dependencies",
        references={
            "giving_team_id": NodeType.TEAM,
            "needing_objective_id": NodeType.OBJECTIVE,
            "needing_key_result_id": NodeType.KEY_RESULT,
            "giving_objective_id": NodeType.OBJECTIVE,
            "giving_key_result_id": NodeType.KEY_RESULT,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.ROADBLOCK,
        "roa",
        Roadblock,
        "roadblocks",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "owner_id": NodeType.PERSON,
            "escalated_to_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.MEETING,
        "mee",
        Meeting,
        "meetings",
        references={
            "team_id": NodeType.TEAM,
            "cycle_id": NodeType.CYCLE,
            "attendee_ids": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.DECISION,
        "dec",
        Decision,
        "decisions",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "meeting_id": NodeType.MEETING,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.EXPERIMENT,
        "exp",
        Experiment,
        "experiments",
        references={"key_result_id": NodeType.KEY_RESULT, "owner_id": NodeType.PERSON},
        is_plain=True,
    ),
    Entity(
        NodeType.REVIEW_RECORD,
        "rev",
        ReviewRecord,
        "review_records",
        references={"objective_id": NodeType.OBJECTIVE},
        is_plain=True,
        unique=("objective_id",),
    ),
    Entity(
        NodeType.LESSON,
        "les",
        Lesson,
        "lessons",
        references={
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "experiment_id": NodeType.EXPERIMENT,
            "check_in_id": NodeType.CHECK_IN,
            "review_record_id": NodeType.REVIEW_RECORD,
            "owner_id": NodeType.PERSON,
        },
        is_plain=True,
    ),
    Entity(
        NodeType.PULSE,
        "pul",
        Pulse,
        "pulses",
        references={"cycle_id": NodeType.CYCLE},
        is_plain=True,
        unique=("cycle_id",),
    ),
    Entity(
        NodeType.COMMENT,
        "com",
        Comment,
        "comments",
        references={
            "author_person_id": NodeType.PERSON,
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "check_in_id": NodeType.CHECK_IN,
            "roadblock_id": NodeType.ROADBLOCK,
            "decision_id": NodeType.DECISION,
            "experiment_id": NodeType.EXPERIMENT,
            "lesson_id": NodeType.LESSON,
            "review_record_id": NodeType.REVIEW_RECORD,
            "parent_id": NodeType.COMMENT,
            "mention_ids": NodeType.PERSON,
        },
        is_plain=True,
        loops=ReplyToReply,
    ),
    Entity(
        NodeType.REACTION,
        "rea",
        Reaction,
        "reactions",
        references={
            "person_id": NodeType.PERSON,
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "check_in_id": NodeType.CHECK_IN,
            "roadblock_id": NodeType.ROADBLOCK,
            "decision_id": NodeType.DECISION,
            "experiment_id": NodeType.EXPERIMENT,
            "lesson_id": NodeType.LESSON,
            "review_record_id": NodeType.REVIEW_RECORD,
            "comment_id": NodeType.COMMENT,
        },
        is_plain=True,
        unique=(
            "person_id",
            "emoji",
            "objective_id",
            "key_result_id",
            "check_in_id",
            "roadblock_id",
            "decision_id",
            "experiment_id",
            "lesson_id",
            "review_record_id",
            "comment_id",
        ),
    ),
    Entity(
        NodeType.FOLLOW,
        "fol",
        Follow,
        "follows",
        references={
            "person_id": NodeType.PERSON,
            "objective_id": NodeType.OBJECTIVE,
            "key_result_id": NodeType.KEY_RESULT,
            "team_id": NodeType.TEAM,
        },
        is_plain=True,
        unique=("person_id", "objective_id", "key_result_id", "team_id"),
    ),
)
