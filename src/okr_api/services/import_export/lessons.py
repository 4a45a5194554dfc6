"""Import experiments and lessons, once the key results and the check-ins of the file are imported."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from okr_api.okr.experiment import Experiment
from okr_api.okr.lesson import Lesson, tag_of

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import require_one


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
    """Return a function that rejects lessons that are not of one node, and experiments on another one."""
    del entries
    experiments = session.kept("experiments")

    def check(_: ImportRow[Lesson], lesson: Lesson) -> Lesson:
        require_one(lesson.objective_id, lesson.key_result_id)
        if lesson.experiment_id is not None and lesson.check_in_id is not None:
            raise RowIsUnclear("The row has both experiment_id and check_in_id", path=["experiment_id"])
        experiment = experiments.get(lesson.experiment_id) if lesson.experiment_id else None
        if experiment is not None and experiment.key_result_id != lesson.key_result_id:
            raise RowIsUnclear(
                "The experiment is not of the key result that the row names", path=["experiment_id"]
            )
        return replace(lesson, tags=tuple(dict.fromkeys(map(tag_of, lesson.tags))))

    return check
