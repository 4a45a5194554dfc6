"""Lessons that reviews make: each follows what the review says was learned, until somebody edits its text."""

from dataclasses import replace

from okr_api.auth.actor import Actor
from okr_api.okr.lesson import Lesson, title_of
from okr_api.okr.review_record import ReviewRecord
from okr_api.store.database import new_id
from okr_api.store.review_lookup import lessons_of_review
from okr_api.store.unit_of_work import Work


def make_lesson(work: Work, actor: Actor, review: ReviewRecord) -> None:
    """Add the lesson of a review that says what was learned; it is the actor's, if that is a person.

    It is to be remembered in the next cycle, so that it is shown in what the objective is carried over into.
    """
    if title := title_of(review.learned or ""):
        work.plain.put(
            Lesson(
                id=new_id(),
                external_id=None,
                title=title,
                objective_id=review.objective_id,
                review_record_id=review.id,
                text=review.learned,
                carry_forward=True,
                owner_id=actor.author.person_id,
            )
        )


async def revise_lesson(work: Work, actor: Actor, known: ReviewRecord, edited: ReviewRecord) -> None:
    """Make, edit or delete the lesson of a review of which `learned` is edited.

    One whose text is no longer what was learned stays as it is. A title is replaced unless it was edited.
    """
    before, after = title_of(known.learned or ""), title_of(edited.learned or "")
    if edited.learned == known.learned:
        return
    if not before:
        make_lesson(work, actor, edited)
        return
    for lesson in await lessons_of_review(work.connection, work.organization.id, known.id):
        if lesson.removed or lesson.text != known.learned:
            continue
        work.plain.of(Lesson).remember(lesson.id, lesson)
        if not after:
            work.plain.remove(lesson)
            continue
        title = after if lesson.title == before else lesson.title
        work.plain.put(replace(lesson, title=title, text=edited.learned, version=lesson.version + 1))
