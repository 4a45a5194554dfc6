"""Spans of operations and SQL statements, by the SDK's own exporters: what is in them, and no values."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import werkzeug.serving
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from werkzeug import Request, Response

from okr_api.env_parsers import traces_exporter
from okr_api.graphql.exported_tables import MAX_EXPORT_PAGE_ROWS
from okr_api.graphql.operation_tracing import (
    MAX_TRACESTATE_CHARACTERS,
    MAX_TRACESTATE_MEMBERS,
    OperationTracer,
)
from okr_api.settings import Settings, WrongEnvironment
from okr_api.store.statement_tracing import describe_statement
from tests.acme import Acme
from tests.mcp_client import call_of, message_of, send_message
from tests.serving import Server, serving, serving_apart

SECRET = "Nobody may read this title"
OBJECTIVES = 'query Mine($id: String) { objective(externalId: $id) { title } other: objective(externalId: "x-y-z") { title } }'
RENAME = """
    mutation Rename($title: String!) {
      objectiveUpdate(input: { objective: { externalId: "leave-on-time" }, title: $title }) { seq errors { code } }
    }
"""
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def served(acme: Acme, acme_url: str, spans: InMemorySpanExporter) -> AsyncIterator[Server]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with serving(acme_url, traces=provider, mcp=True) as running:
        yield running


def operations(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is SpanKind.SERVER]


def statements(spans: InMemorySpanExporter) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.kind is SpanKind.CLIENT]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def ended(spans: InMemorySpanExporter, count: int) -> list[ReadableSpan]:
    """Wait until so many operations have ended."""
    async with asyncio.timeout(20):
        while len(found := operations(spans)) < count:  # noqa: ASYNC110  there is no event to wait for
            await asyncio.sleep(0)
    return found


async def test_an_operation_is_one_span_and_each_of_its_statements_one_below_it(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    await served.client(acme.token).ask(OBJECTIVES, id="leave-on-time")
    [operation] = await ended(spans, 1)
    assert (operation.name, operation.parent, operation.status.status_code) == (
        "query",
        None,
        StatusCode.UNSET,
    )
    assert attributes(operation) == {"graphql.operation.type": "query", "graphql.operation.name": "Mine"}
    below = statements(spans)
    assert below
    for span in below:
        assert span.parent is not None
        assert operation.context is not None
        assert (span.parent.span_id, span.parent.trace_id) == (
            operation.context.span_id,
            operation.context.trace_id,
        )
        assert span.start_time is not None
        assert span.end_time is not None
        assert operation.start_time is not None
        assert operation.start_time <= span.start_time <= span.end_time
    assert attributes(below[0]) == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.collection.name": "objective",
    }
    assert below[0].name == "SELECT objective"


async def test_no_span_contains_a_value(acme: Acme, served: Server, spans: InMemorySpanExporter):
    client = served.client(acme.token)
    await client.ask(RENAME, title=SECRET)
    await client.ask(OBJECTIVES, id=SECRET)
    await client.answer('{ objectives(first: 500) { nodes { title } } objective(id: "x-y-z") { id } }')
    await client.answer(f'{{ nowhere(title: "{SECRET}") }}')
    await client.http.post("/graphql", content=f'{{"query": "{SECRET}'.encode())
    await ended(spans, 5)
    written = json.dumps([json.loads(span.to_json()) for span in spans.get_finished_spans()])
    for value in (
        SECRET,
        "x-y-z",
        "leave-on-time",
        acme.token,
        str(acme.organization.id),
        acme.organization.id.hex,
    ):
        assert value not in written
    names = {name for span in spans.get_finished_spans() for name in attributes(span)}
    assert names == {
        "graphql.operation.type",
        "graphql.operation.name",
        "error.type",
        "okr.error.codes",
        "db.system.name",
        "db.operation.name",
        "db.collection.name",
    }
    assert all(not span.events for span in spans.get_finished_spans())


async def test_an_operation_that_fails_says_with_which_codes(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    await served.client(acme.token).answer("{ objectives(first: 500) { totalCount } }")
    [operation] = await ended(spans, 1)
    assert operation.status.status_code is StatusCode.ERROR
    assert operation.status.description is None
    assert attributes(operation) == {
        "graphql.operation.type": "query",
        "error.type": "INVALID_INPUT",
        "okr.error.codes": ("INVALID_INPUT",),
    }


async def test_a_fallback_to_graphql_core_is_one_span_as_well(
    acme: Acme, acme_url: str, spans: InMemorySpanExporter
):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with serving(acme_url, traces=provider, compiled=False) as running:
        await running.client(acme.token).ask(OBJECTIVES, id="leave-on-time")
        [operation] = await ended(spans, 1)
    assert attributes(operation) == {"graphql.operation.type": "query", "graphql.operation.name": "Mine"}
    assert statements(spans)


async def test_a_trace_of_the_client_goes_on(acme: Acme, served: Server, spans: InMemorySpanExporter):
    await served.client(acme.token).http.post(
        "/graphql", json={"query": "{ seq }"}, headers={"traceparent": PARENT}
    )
    [operation] = await ended(spans, 1)
    assert operation.parent is not None
    assert f"{operation.parent.trace_id:032x}-{operation.parent.span_id:016x}" in PARENT
    assert operation.parent.is_remote


@pytest.mark.parametrize("header", ("", "00-x", "ä", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"))
async def test_a_wrong_trace_of_the_client_is_ignored(
    header: str, acme: Acme, served: Server, spans: InMemorySpanExporter
):
    answer = await served.client(acme.token).http.post(
        "/graphql", json={"query": "{ seq }"}, headers={b"traceparent": header.encode()}
    )
    assert answer.status_code == 200
    [operation] = await ended(spans, 1)
    assert operation.parent is None


async def test_operations_on_sockets_and_streams_are_one_span_each(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    async with served.socket(acme.token) as socket:
        events = await socket.subscribe("query One { seq }")
        assert (await events.message())["type"] == "next"
        await socket.follow("subscription Two { changes { seq } }")
        await ended(spans, 2)
    stream = await served.client(acme.token).http.post(
        "/graphql", json={"query": "query Three { seq }"}, headers={"Accept": "text/event-stream"}
    )
    assert stream.status_code == 200
    found = await ended(spans, 3)
    assert [(span.name, attributes(span)["graphql.operation.name"]) for span in found] == [
        ("query", "One"),
        ("subscription", "Two"),
        ("query", "Three"),
    ]


def assert_below(operation: ReadableSpan, found: list[ReadableSpan]) -> None:
    """Check that there are statements and that each is below the operation."""
    assert found
    assert operation.context is not None
    assert {span.parent and span.parent.span_id for span in found} == {operation.context.span_id}


async def test_a_tool_call_is_one_span_with_its_statements_and_other_messages_have_none(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    assert (await send_message(served, acme.token, message_of("tools/list"))).status_code == 200
    call = call_of("record_check_in", keyResult={"externalId": "macros"}, value=5, note=SECRET)
    response = await send_message(served, acme.token, call, {"traceparent": PARENT})
    assert response.json()["result"]["isError"] is False
    [operation] = await ended(spans, 1)
    assert operation.name == "mutation"
    assert attributes(operation) == {
        "graphql.operation.type": "mutation",
        "graphql.operation.name": "record_check_in",
    }
    assert operation.parent is not None
    assert f"{operation.parent.trace_id:032x}-{operation.parent.span_id:016x}" in PARENT
    assert_below(operation, statements(spans))
    assert SECRET not in "".join(span.to_json() for span in spans.get_finished_spans())


async def test_each_page_of_a_download_is_one_span_with_its_statements(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    for place in range(MAX_EXPORT_PAGE_ROWS):
        await acme.team(f"Team {place}")
    response = await served.client(acme.token).http.get("/export/teams.csv", headers={"traceparent": PARENT})
    assert response.status_code == 200
    first, second = await ended(spans, 2)
    for page in (first, second):
        assert attributes(page)["graphql.operation.type"] == "query"
        assert page.parent is not None
        assert f"{page.parent.trace_id:032x}-{page.parent.span_id:016x}" in PARENT
        assert page.context is not None
        own = page.context.span_id
        assert_below(page, [span for span in statements(spans) if span.parent and span.parent.span_id == own])


async def test_a_download_that_is_rejected_has_no_span(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    response = await served.client(acme.token).http.get("/export/nothing.csv")
    assert response.status_code == 404
    assert spans.get_finished_spans() == ()


LOGGED = "Forged by a client"
MOST = ",".join(f"k{n}=v" for n in range(MAX_TRACESTATE_MEMBERS))


@pytest.mark.parametrize(
    ("state", "is_kept"),
    (
        ("a=1, b@c=2,,", True),
        (MOST, True),
        (f"{MOST},k32=v", False),
        ("a=" + "v" * 256, True),
        ("a=" + "v" * 257, False),
        (f"{LOGGED}", False),
        (f"a=1,{LOGGED}=", False),
        (f"a=1,b=\x01{LOGGED}", False),
        ("a=1" + "," * (MAX_TRACESTATE_CHARACTERS - 3), True),
        ("a=1" + "," * (MAX_TRACESTATE_CHARACTERS - 2), False),
    ),
)
def test_a_malformed_tracestate_is_dropped_before_the_library_logs_it(
    state: str, is_kept: bool, caplog: pytest.LogCaptureFixture, spans: InMemorySpanExporter
):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    with OperationTracer(provider.get_tracer("tests")).operation(
        {"traceparent": PARENT, "tracestate": state}
    ):
        pass
    [operation] = operations(spans)
    assert operation.parent is not None
    assert bool(operation.parent.trace_state) is is_kept
    assert caplog.records == []


@pytest.mark.parametrize("headers", ({"tracestate": LOGGED}, {"traceparent": PARENT + "-" + "x" * 600}))
def test_a_malformed_trace_is_not_logged(headers: dict[str, str], caplog: pytest.LogCaptureFixture):
    with OperationTracer(TracerProvider().get_tracer("tests")).operation(headers):
        pass
    assert caplog.records == []


async def test_a_malformed_tracestate_of_a_client_is_not_logged(
    acme: Acme, served: Server, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
):
    answer = await served.client(acme.token).http.post(
        "/graphql", json={"query": "{ seq }"}, headers={"traceparent": PARENT, "tracestate": LOGGED}
    )
    assert answer.status_code == 200
    [operation] = await ended(spans, 1)
    assert operation.parent is not None
    assert LOGGED not in caplog.text


async def test_requests_elsewhere_and_background_jobs_have_no_spans(
    acme: Acme, served: Server, spans: InMemorySpanExporter
):
    client = served.client(acme.token)
    assert (await client.http.get("/health/ready")).status_code == 200
    assert (await client.http.get("/nowhere")).status_code == 404
    assert spans.get_finished_spans() == ()


@pytest.mark.parametrize(
    ("statement", "described"),
    (
        ("select 1", ("SELECT", None)),
        ("\n    with found as (select id from objective) select * from found", ("WITH", "objective")),
        ("insert into check_in (id) values ($1)", ("INSERT", "check_in")),
        ("update only feed_head set seq = 1", ("UPDATE", "feed_head")),
        ("select * from unnest($1::text[]) asked join token on true", ("SELECT", "token")),
        ("BEGIN;", ("BEGIN", None)),
        ("", ("SQL", None)),
    ),
)
def test_a_statement_is_described_by_its_first_word_and_table(statement: str, described: Any):
    assert describe_statement(statement) == described


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """Run a collector of OTLP; yield its address and the spans that it has received."""
    received: list[Any] = []

    @Request.application
    def collect(request: Request) -> Response:
        if request.path != "/v1/traces":
            received.append(request.path)
            return Response()
        for resource in ExportTraceServiceRequest.FromString(request.get_data()).resource_spans:
            named = {one.key: one.value.string_value for one in resource.resource.attributes}
            received.extend(
                (named, scope.scope.name, span) for scope in resource.scope_spans for span in scope.spans
            )
        return Response(content_type="application/x-protobuf")

    server = werkzeug.serving.make_server("127.0.0.1", 0, collect, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_server_process_exports_to_the_collector_of_the_standard_variables(
    acme: Acme, acme_url: str, collector: tuple[str, list[Any]]
):
    address, received = collector
    standard = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_SERVICE_NAME": "goals"}
    async with serving_apart(acme_url, **standard, FASTAPI_OTEL_AUTO_CONFIGURE="true") as apart:
        client = apart.client(acme.token)
        await client.ask("query Mine { seq }")
        await client.http.get("/graphql", params={"query": "{ seq }"})
        await client.http.get("/nowhere")
    assert {name for _, name, _ in received} == {"okr_api"}  # and nothing from FastAPI, which has URLs
    named, span = next((named, span) for named, _, span in received if span.name == "query")
    assert named["service.name"] == "goals"
    assert {one.key: one.value.string_value for one in span.attributes}["graphql.operation.name"] == "Mine"
    assert any(span.name.startswith("SELECT") for _, _, span in received)


def test_the_standard_variables_choose_the_exporter():
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}
    assert traces_exporter({}) is None
    assert traces_exporter(endpoint) == "otlp"
    assert traces_exporter({"OTEL_TRACES_EXPORTER": "console"}) == "console"
    assert traces_exporter({**endpoint, "OTEL_TRACES_EXPORTER": "none"}) is None
    assert traces_exporter({**endpoint, "OTEL_SDK_DISABLED": "true"}) is None
    assert Settings.from_environment(endpoint).traces_exporter == "otlp"


@pytest.mark.parametrize(
    ("variables", "words"),
    (
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "use otlp, console or none"),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "use http/protobuf"),
    ),
)
def test_what_is_not_supported_is_refused_in_plain_words(variables: dict[str, str], words: str):
    with pytest.raises(WrongEnvironment, match=words):
        Settings.from_environment(variables)


NOT_INSTALLED = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter")):  # FastAPI needs the API
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, Absent())
from okr_api.settings import Settings, WrongEnvironment
from okr_api.app import create_app
create_app(Settings.from_environment({"OKR_DATABASE_URL": "postgresql://nowhere/okr"}))
try:
    Settings.from_environment({"OTEL_TRACES_EXPORTER": "otlp"})
except WrongEnvironment as refusal:
    print(refusal)
"""


def test_without_the_extra_the_service_runs_and_says_what_a_configured_exporter_needs():
    done = subprocess.run([sys.executable, "-c", NOT_INSTALLED], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() == (
        "OTEL_TRACES_EXPORTER needs an extra that is not installed: pip install 'okr-api[opentelemetry]'"
    )
