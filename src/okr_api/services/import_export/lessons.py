"""Import experiments and lessons, once the key results and the check-ins of the file are imported."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from okr_api.okr.experiment import Experiment
from okr_api.okr.lesson import Lesson, tag_of

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import require_one

FROM = ("experiment_id", "check_in_id", "review_record_id")  # of which a lesson has at most one


def experiment_check(
    session: ImportSession, entries: Sequence[ImportRow[Experiment]]
) -> Callable[[ImportRow[Experiment], Experiment], Experiment]:
    """Return a function that rejects what mutations reject."""
    del entries
    today = session.now.astimezone(session.work.tree.zone).date()
    return lambda _, experiment: experiment.checked(today)


def lesson_check(
    session: ImportSession, entries: Sequence[ImportRow[Lesson]]
) -> Callable[[ImportRow[Lesson], Lesson], Lesson]:
    """Return a function that rejects lessons that are not of one node, and what is on another one."""
    del entries
    experiments, reviews = session.kept("experiments"), session.kept("review_records")

    def check(_: ImportRow[Lesson], lesson: Lesson) -> Lesson:
        require_one(lesson.objective_id, lesson.key_result_id)
        names = [name for name in FROM if getattr(lesson, name) is not None]
        if len(names) > 1:
            raise RowIsUnclear(f"The row has both {names[0]} and {names[1]}", path=names[:1])
        experiment = experiments.get(lesson.experiment_id) if lesson.experiment_id else None
        if experiment is not None and experiment.key_result_id != lesson.key_result_id:
            raise RowIsUnclear(
                "The experiment is not of the key result that the row names", path=["experiment_id"]
            )
        review = reviews.get(lesson.review_record_id) if lesson.review_record_id else None
        if review is not None and review.objective_id != lesson.objective_id:
            raise RowIsUnclear(
                "The review is not of the objective that the row names", path=["review_record_id"]
            )
        return replace(lesson, tags=tuple(dict.fromkeys(map(tag_of, lesson.tags))))

    return check
