"""Query field `coach`: advice on a draft of an objective, which is not saved; input: `draft_inputs.py`."""

from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.queries.draft_inputs import ObjectiveDraftInput, draft_of
from okr_api.graphql.types.advice import Advice
from okr_api.query_engine.coaching_draft import load_draft
from okr_api.query_engine.coaching_fields import advice_rows
from okr_api.query_engine.coaching_surroundings import load_settings


@strawberry.type
class CoachingQuery:
    @strawberry.field(
        description="Advice on an objective and its key results before anything is saved, the most severe "
        "first, at most 100. Advice never rejects anything: what is missing or unfinished, or refers to what "
        "does not exist or you cannot see, gives advice. Only values beyond their limits are an error."
    )
    async def coach(
        self,
        info: Info,
        draft: Annotated[ObjectiveDraftInput, strawberry.argument(description="The draft.")],
    ) -> list[Advice] | None:
        reader, plan = await reader_for(info), draft_of(draft)
        await reader.snapshot.begin()
        settings = await load_settings(reader.snapshot)
        subject = await load_draft(reader.snapshot, plan, settings)
        advice: list[Advice] = await reader.made_list("Advice", advice_rows(subject, settings))
        return advice
