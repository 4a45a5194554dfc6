"""Conditions of a `ChangeFilter`, as the feed is compared with them."""

from okr_api.graphql.filter_fields import NOBODY
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.filters import ChangeFilter
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.change_queries import ChangeConditions
from okr_api.query_engine.global_ids import decode_id
from okr_api.query_engine.sql_filters import given_fields

IS_DIRECT = ("filter", "isDirect")


def change_conditions(given: ChangeFilter | None) -> ChangeConditions:
    """Return the conditions of a filter.

    Raises:
        InvalidInput: it has a null, or says of no node how the change touches it.
    """
    validate_filter(given)
    if given is None:
        return ChangeConditions()
    values = dict(given_fields(given))
    if "is_direct" in values and "node_id" not in values:
        raise InvalidInput("isDirect says how the change touches a node: give nodeId as well", path=IS_DIRECT)
    if "node_id" in values:
        decoded = decode_id(values["node_id"])
        values["node_id"] = decoded[1].hex if decoded else NOBODY
    return ChangeConditions(**values)
