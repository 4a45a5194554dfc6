"""Cost of fields of comments and followers, for `scan_cost.py`."""

from collections.abc import Mapping

PREVIEW_COST = 20  # finds followers of a node, of its objective and of the team of that
COUNT_COST = 1  # of each node

# By parent type and field: the table that pages are of, and that of the rows that they belong to.
DISCUSSION_PAGES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Objective", "comments"): ("comment", "objective"),
    ("KeyResult", "comments"): ("comment", "key_result"),
    ("Measured", "comments"): ("comment", "objective"),
    ("CheckIn", "comments"): ("comment", "check_in"),
    ("Roadblock", "comments"): ("comment", "roadblock"),
    ("Decision", "comments"): ("comment", "decision"),
    ("Experiment", "comments"): ("comment", "experiment"),
    ("Lesson", "comments"): ("comment", "lesson"),
    ("ReviewRecord", "comments"): ("comment", "review_record"),
    ("Comment", "replies"): ("comment", "comment"),
    ("Objective", "followers"): ("comment", "objective"),
    ("KeyResult", "followers"): ("comment", "key_result"),
    ("Measured", "followers"): ("comment", "objective"),
    ("Team", "followers"): ("follow", "team"),
    ("Person", "follows"): ("follow", "person"),
}
COUNTED = (
    "Objective",
    "KeyResult",
    "Measured",
    "CheckIn",
    "Roadblock",
    "Decision",
    "Experiment",
    "Lesson",
    "ReviewRecord",
)
# Fields without subfields, by parent type and name, with what each costs.
DISCUSSION_LEAVES: Mapping[tuple[str, str], int] = {
    **{(name, "commentCount"): COUNT_COST for name in COUNTED},
    **{(name, "viewerFollows"): COUNT_COST for name in ("Objective", "KeyResult", "Measured", "Team")},
}
