"""Webhooks: who may make them and of what, what is listed, and where secrets are; delivery: tests/webhooks."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from okr_api.auth.actor import Scope
from okr_api.okr.webhook import (
    MAX_WEBHOOK_SELECTION_LENGTH,
    MAX_WEBHOOK_URL_LENGTH,
    MAX_WEBHOOKS,
    SECRET_OVERLAP,
)
from tests.acme import Acme, Workplace
from tests.graphql.conftest import Stage
from tests.serving import WEBHOOK_MUTATIONS, Client, Server

URL = "https://hooks.example/okr"
NEW = {"url": URL, "selection": "{ seq kind }"}
FIELDS = (
    "id url selection filter { kinds nodeTypes nodeId isDirect } owner { name } ownerName state disabledReason "
    "disabledAt position failures failingSince nextAttemptAt formerSecretUntil attempts { seq } version "
)
CREATED = f"deltas {{ nodeId }} secret webhook {{ {FIELDS} createdAt updatedAt }}"
CHANGED = f"deltas {{ nodeId }} webhook {{ {FIELDS} createdAt updatedAt }}"
LISTED = f"{{ webhooks {{ totalCount nodes {{ {FIELDS} createdAt updatedAt }} }} }}"
DRY_RUN = "query ($id: ID!) { webhookDryRun(id: $id) { seq url headers { name value } payload } }"


async def test_an_admin_creates_a_webhook(client: Client, acme: Acme):
    seq = await acme.seq()
    done = await client.do("webhookCreate", CREATED, **NEW)
    made = done["webhook"]
    assert (done["seq"], done["deltas"], done["replayed"]) == (seq, [], False)
    assert {name: one for name, one in made.items() if name not in ("id", "createdAt", "updatedAt")} == {
        **NEW,
        "filter": None,
        "owner": {"name": "Ann"},
        "ownerName": "Ann",
        "state": "ACTIVE",
        "disabledReason": None,
        "disabledAt": None,
        "position": seq,
        "failures": 0,
        "failingSince": None,
        "nextAttemptAt": None,
        "formerSecretUntil": None,
        "attempts": [],
        "version": 1,
    }
    assert made["id"].startswith("whk_")
    assert len(Webhook(done["secret"])._whsecret) == 32
    assert await client.one(LISTED) == {"totalCount": 1, "nodes": [made]}
    one = await client.one(
        f"query ($id: ID!) {{ webhook(id: $id) {{ {FIELDS} createdAt updatedAt }} }}", id=made["id"]
    )
    assert one == made
    assert await client.one("query ($id: ID!) { node(id: $id) { id } }", id=made["id"]) is None
    assert await acme.seq() == seq


async def test_the_webhook_of_a_service_has_no_person(served: Server, acme: Acme):
    service = served.client(acme.world.tokens[Scope.ADMIN])
    done = await service.do("webhookCreate", CREATED, **NEW)
    assert (done["webhook"]["owner"], done["webhook"]["ownerName"]) == (None, "admin")


async def test_a_filter_is_kept_as_it_is_given(client: Client, acme: Acme):
    node = await client.one('{ objective(externalId: "never_down") { id } }')
    given = {
        "kinds": ["TEAM_CREATED", "TEAM_CREATED"],
        "nodeTypes": ["TEAM"],
        "nodeId": node["id"],
        "isDirect": True,
    }
    done = await client.do("webhookCreate", CREATED, **NEW, filter=given)
    assert done["webhook"]["filter"] == {**given, "kinds": ["TEAM_CREATED"]}
    id = done["webhook"]["id"]
    for filter, kept in (({"isDirect": False, "nodeId": node["id"]}, {"kinds": None, "nodeTypes": None, "nodeId": node["id"], "isDirect": False}), ({}, None), (None, None)):  # fmt: skip
        done = await client.do("webhookUpdate", CHANGED, id=id, filter=filter)
        assert done["webhook"]["filter"] == kept


async def test_an_update_changes_what_is_given_and_counts(client: Client, acme: Acme):
    made = (await client.do("webhookCreate", CREATED, **NEW))["webhook"]
    new = {"url": "https://other.example/", "selection": "{ seq }"}
    done = await client.do("webhookUpdate", CHANGED, id=made["id"], expectedVersion=1, **new)
    assert done["webhook"] == {**made, **new, "version": 2, "updatedAt": done["webhook"]["updatedAt"]}
    assert (await client.do("webhookUpdate", CHANGED, id=made["id"], url=new["url"]))["webhook"] == done[
        "webhook"
    ]
    [conflict] = (await client.try_("webhookUpdate", id=made["id"], expectedVersion=1, url=URL))["errors"]
    assert (conflict["code"], conflict["currentVersion"]) == ("VERSION_CONFLICT", 2)


async def test_a_rotated_secret_signs_for_a_day(client: Client, acme: Acme):
    made = await client.do("webhookCreate", CREATED, **NEW)
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=1)
    secrets = [made["secret"]]
    for _ in range(2):
        done = await client.do("webhookRotateSecret", CREATED, id=made["webhook"]["id"])
        secrets.append(done["secret"])
        until, at = (
            datetime.fromisoformat(done["webhook"][name]) for name in ("formerSecretUntil", "updatedAt")
        )
        assert until - at == SECRET_OVERLAP
    assert len(set(secrets)) == 3
    run = await client.one(DRY_RUN, id=made["webhook"]["id"])
    headers = {one["name"]: one["value"] for one in run["headers"]}
    assert len(headers["webhook-signature"].split()) == 2
    for secret in secrets[1:]:
        Webhook(secret).verify(run["payload"], headers)


async def test_a_dry_run_shows_the_last_change_that_would_be_sent_and_sends_nothing(
    client: Client, acme: Acme
):
    given = {**NEW, "selection": "{ seq kind node { id } }", "filter": {"kinds": ["PRIORITY_CREATED"]}}
    made = await client.do("webhookCreate", CREATED, **given)
    assert await client.one(DRY_RUN, id=made["webhook"]["id"]) is None
    priority = await client.make("priorityCreate", title="New")
    seq = await acme.seq()
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=1)
    tables = await acme.tables()
    run = await client.one(DRY_RUN, id=made["webhook"]["id"])
    headers = {one["name"]: one["value"] for one in run["headers"]}
    assert (run["seq"], run["url"]) == (seq, URL)
    assert Webhook(made["secret"]).verify(run["payload"], headers) == {
        "data": {"changes": {"seq": seq, "kind": "PRIORITY_CREATED", "node": {"id": priority}}},
        "extensions": {"seq": seq},
    }
    assert headers["webhook-id"] == f"{made['webhook']['id'].removeprefix('whk_')}-{seq}"
    assert await acme.tables() == tables
    assert await client.one(DRY_RUN, id="whk_" + "0" * 32) is None
    assert await client.one(DRY_RUN, id="x") is None


async def test_a_dry_run_shows_what_the_owner_sees(client: Client, served: Server, acme: Acme):
    service = served.client(acme.world.tokens[Scope.ADMIN])
    own = (await client.do("webhookCreate", CREATED, **{**NEW, "selection": "{ nodeId }"}))["webhook"]["id"]
    of_service = (await service.do("webhookCreate", CREATED, **{**NEW, "selection": "{ nodeId }"}))[
        "webhook"
    ]["id"]
    await client.do("objectiveUpdate", objective={"externalId": "never_down"}, visibility="PRIVATE")
    seq = await acme.seq()
    await client.do("keyResultUpdate", keyResult={"externalId": "errors"}, title="Fewer")
    assert (await service.one(DRY_RUN, id=own))["seq"] == seq + 1
    assert (await client.one(DRY_RUN, id=of_service))["seq"] <= seq


async def test_a_deleted_webhook_is_gone_with_its_secret(client: Client, acme: Acme):
    made = await client.do("webhookCreate", CREATED, **NEW)
    once = {"id": made["webhook"]["id"], "idempotencyKey": "end"}
    done = await client.do("webhookDelete", CHANGED, **once)
    assert done["webhook"] is None
    assert await client.one(LISTED) == {"totalCount": 0, "nodes": []}
    assert made["secret"] not in str(await acme.tables())
    assert (await client.do("webhookDelete", **once))["replayed"]
    assert await client.refused("webhookDelete", id=once["id"]) == [("NOT_FOUND", ["id"])]


async def test_a_secret_is_shown_once_and_kept_in_one_place(client: Client, acme: Acme):
    await acme.person("Before")  # a change that is not about a webhook
    seq = await acme.seq()
    once = {**NEW, "idempotencyKey": "new"}
    first = await client.do("webhookCreate", CREATED, **once)
    tables = await acme.tables()
    again = await client.do("webhookCreate", CREATED, **once)
    assert again == {**first, "secret": None, "replayed": True}
    assert await acme.tables() == tables
    assert [name for name, rows in tables.items() if first["secret"] in str(rows)] == ["webhook"]
    rotate = {"id": first["webhook"]["id"], "idempotencyKey": "rotate"}
    rotated = await client.do("webhookRotateSecret", CREATED, **rotate)
    assert (await client.do("webhookRotateSecret", CREATED, **rotate))["secret"] is None
    assert await client.refused("webhookCreate", **{**once, "url": URL + "/2"}) == [
        ("IDEMPOTENCY_MISMATCH", ["idempotencyKey"])
    ]
    tables = await acme.tables()
    assert [name for name, rows in tables.items() if rotated["secret"] in str(rows)] == ["webhook"]
    page = await client.one("query ($s: Seq!) { changes(after: $s) { nodes { seq } } }", s=seq)
    assert page == {"nodes": []}


async def test_an_organisation_has_so_many_webhooks(client: Client, acme: Acme):
    for _ in range(MAX_WEBHOOKS):
        await client.do("webhookCreate", **NEW)
    assert await client.refused("webhookCreate", **NEW) == [("TOO_MANY", [])]
    whole = await client.one(LISTED)
    assert whole["totalCount"] == MAX_WEBHOOKS
    page = await client.one("{ webhooks(last: 2) { nodes { id } pageInfo { hasPreviousPage } } }")
    assert page["nodes"] == [{"id": one["id"]} for one in whole["nodes"][-2:]]
    await client.do("webhookDelete", id=whole["nodes"][0]["id"])
    await client.do("webhookCreate", **NEW)


async def test_webhooks_of_another_organisation_are_nobodys(client: Client, served: Server, acme: Acme):
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    theirs = served.client(await acme.tokens.create(beta.organization.id, name="b", scopes=[Scope.ADMIN]))
    id = (await theirs.do("webhookCreate", CREATED, **NEW))["webhook"]["id"]
    tables = await acme.tables()
    for mutation in WEBHOOK_MUTATIONS[1:]:
        more = {"after": 0} if mutation == "webhookReplay" else {}
        assert await client.refused(mutation, id=id, **more) == [("NOT_FOUND", ["id"])]
    assert await client.one("query ($id: ID!) { webhook(id: $id) { id } }", id=id) is None
    assert await client.one(DRY_RUN, id=id) is None
    assert (await client.one(LISTED))["nodes"] == []
    assert await acme.tables() == tables


@pytest.mark.parametrize("scope", (Scope.READ, Scope.CHECK_IN, Scope.WRITE))
async def test_only_an_admin_may(stage: Stage, scope: Scope):
    lesser = stage.served.client(stage.acme.world.tokens[scope])
    tables = await stage.acme.tables()
    for mutation in WEBHOOK_MUTATIONS:
        given: dict[str, Any] = NEW if mutation == "webhookCreate" else {"id": "whk_" + "0" * 32}
        more = {"after": 0} if mutation == "webhookReplay" else {}
        assert await lesser.refused(mutation, **given, **more) == [("FORBIDDEN", [])]
    for query in ("webhooks { totalCount }", 'webhook(id: "x") { id }', 'webhookDryRun(id: "x") { seq }'):
        answer = await lesser.answer(f"{{ found: {query} }}")
        assert answer["data"] == {"found": None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert await stage.acme.tables() == tables


def selecting(selection: str) -> tuple[str, dict[str, Any], str, list[str]]:
    return "webhookCreate", {**NEW, "selection": selection}, "INVALID_INPUT", ["selection"]


NOBODY = "whk_" + "0" * 32
REFUSED: tuple[tuple[str, dict[str, Any], str, list[str]], ...] = (
    ("webhookCreate", {**NEW, "url": "http://hooks.example/"}, "INVALID_INPUT", ["url"]),
    ("webhookCreate", {**NEW, "url": "https://127.0.0.1/"}, "INVALID_INPUT", ["url"]),
    ("webhookCreate", {**NEW, "url": ""}, "INVALID_INPUT", ["url"]),
    ("webhookCreate", {**NEW, "url": URL + "x" * MAX_WEBHOOK_URL_LENGTH}, "INVALID_INPUT", ["url"]),
    selecting(""),
    selecting("seq"),
    selecting("{ }"),
    selecting("{ seq"),
    selecting("{ seq } }"),
    selecting("{ nothing }"),
    selecting("{ node }"),
    selecting("{ ...Other }"),
    selecting("{ seq } other: changes { seq }"),
    selecting("{ seq } } query { seq"),
    selecting("{ seq } } fragment F on Change { seq"),
    selecting("@skip(if: true) { seq }"),
    selecting("(after: 1) { seq }"),
    selecting("{ node(id: $id) { id } }"),
    selecting("{ seq # }"),
    selecting("{ " + "node { ... on Objective { " * 30 + "id" + " } }" * 30 + " }"),
    selecting("{ " + "a: seq " * 3000 + "}"),
    selecting("{ seq } " + "#" * MAX_WEBHOOK_SELECTION_LENGTH),
    ("webhookCreate", {**NEW, "filter": {"kinds": None}}, "INVALID_INPUT", ["filter", "kinds"]),
    ("webhookCreate", {**NEW, "filter": {"isDirect": True}}, "INVALID_INPUT", ["filter", "isDirect"]),
    ("webhookCreate", {**NEW, "filter": {"nodeId": "x" * 100_001}}, "INVALID_INPUT", ["filter", "nodeId"]),
    ("webhookCreate", {**NEW, "after": 100_000}, "INVALID_INPUT", ["after"]),
    ("webhookCreate", {**NEW, "idempotencyKey": ""}, "INVALID_INPUT", ["idempotencyKey"]),
    ("webhookUpdate", {"id": "MADE", "url": None}, "INVALID_INPUT", ["url"]),
    ("webhookUpdate", {"id": "MADE", "selection": None}, "INVALID_INPUT", ["selection"]),
    ("webhookUpdate", {"id": "MADE", "url": "https://10.0.0.1/"}, "INVALID_INPUT", ["url"]),
    ("webhookUpdate", {"id": "MADE", "selection": "{ nothing }"}, "INVALID_INPUT", ["selection"]),
    ("webhookUpdate", {"id": "MADE", "filter": {"nodeTypes": None}}, "INVALID_INPUT", ["filter", "nodeTypes"]),
    ("webhookUpdate", {"id": "MADE", "url": URL, "expectedVersion": 2}, "VERSION_CONFLICT", ["expectedVersion"]),
    ("webhookReplay", {"id": "MADE", "after": 100_000}, "INVALID_INPUT", ["after"]),
    *(
        (mutation, {"id": id, **({"after": 0} if mutation == "webhookReplay" else {})}, "NOT_FOUND", ["id"])
        for mutation in WEBHOOK_MUTATIONS[1:]
        for id in (NOBODY, "x" * 100_001, "tok_" + "0" * 32)
    ),
)  # fmt: skip


@pytest.mark.parametrize(("mutation", "input", "code", "path"), REFUSED)
async def test_it_is_refused_and_nothing_is_made(
    mutation: str, input: dict[str, Any], code: str, path: list[str], stage: Stage
):
    if input.get("id") == "MADE":
        found = await stage.client.one("{ webhooks { nodes { id } } }")
        ids = [one["id"] for one in found["nodes"]]
        ids = ids or [(await stage.client.do("webhookCreate", CREATED, **NEW))["webhook"]["id"]]
        input = {**input, "id": ids[0]}
    tables = await stage.acme.tables()
    done = await stage.client.try_(mutation, "webhook { id }", **input)
    assert [(error["code"], error["path"]) for error in done["errors"]] == [(code, path)]
    assert len(done["errors"][0]["message"]) < 500
    assert done["webhook"] is None
    assert await stage.acme.tables() == tables


async def test_a_later_release_may_not_know_a_selection(client: Client, acme: Acme):
    made = await client.do("webhookCreate", CREATED, **NEW)
    await acme.fetch("update webhook set selection = '{ whatWasThere }' returning id")
    problem = await client.problem(DRY_RUN, id=made["webhook"]["id"])
    assert problem["code"] == "INVALID_INPUT"


async def test_one_that_is_not_yet_enabled_waits_for_it(client: Client, acme: Acme):
    done = await client.do("webhookCreate", CREATED, **NEW, isEnabled=False)
    made = done["webhook"]
    assert done["secret"]
    assert (made["state"], made["disabledReason"]) == ("DISABLED", "NOT_YET_ENABLED")
    assert made["disabledAt"] == made["createdAt"]
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=1)
    run = await client.one(DRY_RUN, id=made["id"])
    assert run["seq"] == await acme.seq() > made["position"]
    enabled = (await client.do("webhookEnable", CHANGED, id=made["id"]))["webhook"]
    expected = {**made, "state": "ACTIVE", "disabledReason": None, "disabledAt": None}
    assert enabled == {**expected, "updatedAt": enabled["updatedAt"]}


async def test_nothing_but_deletion_is_left_of_one_whose_owner_has_left(
    client: Client, served: Server, acme: Acme
):
    ben = await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.ADMIN], person="ben")
    await acme.fetch("update person set role = 'ADMIN' where external_id = 'ben' returning id")
    assert served.app_services
    served.app_services.tokens.forget()
    tools = [
        await client.do("tokenCreate", "secret token { id }", service=name, scopes=["ADMIN"])
        for name in ("revoked", "expired")
    ]
    ids = [
        (await served.client(secret).do("webhookCreate", CREATED, **NEW))["webhook"]["id"]
        for secret in (ben, *(tool["secret"] for tool in tools))
    ]
    await client.do("personRemove", person={"externalId": "ben"})
    await client.do("tokenRevoke", id=tools[0]["token"]["id"])
    await acme.fetch("update token set expires_at = now() where name = 'expired' returning id")
    tables = await acme.tables()
    given: dict[str, dict[str, Any]] = {
        "webhookEnable": {},
        "webhookReplay": {"after": 0},
        "webhookRotateSecret": {},
        "webhookUpdate": {"url": URL},
    }
    for id in ids:
        for mutation, more in given.items():
            assert await client.refused(mutation, id=id, **more) == [("OWNER_HAS_LEFT", ["id"])]
        assert await client.one(DRY_RUN, id=id) is None
    assert await acme.tables() == tables
    for id in ids:
        await client.do("webhookDelete", id=id)


async def test_the_webhook_of_somebody_who_is_no_admin_any_more_is_enabled(
    client: Client, served: Server, acme: Acme
):
    """It is sent what they see as a member."""
    ben = await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.ADMIN], person="ben")
    await acme.fetch("update person set role = 'ADMIN' where external_id = 'ben' returning id")
    assert served.app_services
    served.app_services.tokens.forget()
    of_ben = await served.client(ben).do("webhookCreate", CREATED, **NEW, isEnabled=False)
    await client.do("personUpdate", person={"externalId": "ben"}, role="MEMBER")
    enabled = await client.do("webhookEnable", CHANGED, id=of_ben["webhook"]["id"])
    assert enabled["webhook"]["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("broken", "mended"),
    (
        ("selection = '{ whatWasThere }'", ("webhookUpdate", {"selection": "{ seq }"})),
        ('filter = \'{"kinds": ["WHAT_WAS_THERE"]}\'', ("webhookUpdate", {"filter": None})),
        ("position = 100000", ("webhookReplay", {"after": 0})),
        ("position = -5", ("webhookReplay", {"after": 0})),
    ),
)
async def test_one_that_would_be_disabled_again_is_enabled_once_it_is_mended(
    client: Client, acme: Acme, broken: str, mended: tuple[str, dict[str, Any]]
):
    id = (await client.do("webhookCreate", CREATED, **NEW, isEnabled=False))["webhook"]["id"]
    await acme.fetch(f"update webhook set {broken} returning id")
    assert await client.refused("webhookEnable", id=id) == [("INVALID_INPUT", ["id"])]
    mutation, how = mended
    await client.do(mutation, id=id, **how)
    assert (await client.do("webhookEnable", CHANGED, id=id))["webhook"]["state"] == "ACTIVE"


def test_overlap_is_a_day():
    assert timedelta(days=1) == SECRET_OVERLAP
