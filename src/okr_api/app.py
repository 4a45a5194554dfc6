"""Composition root: build services, routes and background jobs from settings; migrate or check the schema."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Route

from okr_api import COLLECT_AFTER, __version__
from okr_api.auth.authenticator import authenticating
from okr_api.auth.push_rate_limit import PushRateLimiter
from okr_api.auth.rate_limit import RateLimiter
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.schema import schema
from okr_api.graphql.subscription_groups import SubscriptionGroups
from okr_api.graphql.webhook_payloads import PayloadCompiler
from okr_api.okr.holiday_calendar import prepare_holidays
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.bootstrap import found_first_organization
from okr_api.services.group_commit import GroupCommit
from okr_api.services.jobs.clock import clock_job
from okr_api.services.jobs.job_runner import JobRunner
from okr_api.services.jobs.pruning import IDEMPOTENCY_PRUNING, feed_pruning
from okr_api.services.jobs.verification import VERIFICATION
from okr_api.services.mutation_runner import MutationRunner
from okr_api.services.webhook_urls import AddressPolicy
from okr_api.settings import Settings
from okr_api.store.database import Database
from okr_api.store.schema_version import check_current, migrate
from okr_api.store.work_meter import start_measured
from okr_api.transport.application import Application
from okr_api.transport.connection_limits import CONNECTIONS, ConnectionLimiter
from okr_api.transport.endpoint import PATH, Endpoint
from okr_api.transport.event_loop_monitor import EventLoopMonitor
from okr_api.transport.graphiql import graphiql_routes
from okr_api.transport.health import ROUTES
from okr_api.transport.landing_page import landing_route
from okr_api.transport.metrics import metrics_route
from okr_api.transport.open_telemetry import Tracing, tracer_provider
from okr_api.transport.persisted_documents import DocumentStore
from okr_api.transport.sse import EventStreams
from okr_api.transport.streamed_operation import Executors
from okr_api.transport.table_downloads import TableDownloads
from okr_api.transport.token_revalidation import TokenRevalidator
from okr_api.transport.trusted_documents import read_trusted
from okr_api.transport.websocket_route import WebSocketRoute
from okr_api.webhooks.dispatcher import WebhookDispatcher

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


@asynccontextmanager
async def lifespan_services(settings: Settings, tracing: Tracing | None = None) -> AsyncIterator[AppServices]:
    """Open the database and services; close them on exit. With `tracing`, operations and SQL are traced.

    An embedded database is migrated and its server supervised; any other must already be migrated
    (`SchemaIsBehind`).
    """
    with settings.postgres() as dsn:
        await (migrate(dsn) if settings.database_url is None else check_current(dsn))
        async with (
            settings.supervision(),
            tracing.exporting() if tracing else nullcontext(),
            Database.open(dsn, on_statement=tracing.statements if tracing else None) as database,
            ChangeNotifier.running(database) as notifier,
            authenticating(database, settings.identity_provider) as tokens,
        ):
            if settings.bootstrap:
                first = settings.bootstrap
                await found_first_organization(
                    database, token=first.token, name=first.organization, zone=first.time_zone
                )
            mutation_runner = MutationRunner(database, notifier)
            feed, rate_limiter = ChangeStream(database, notifier), RateLimiter(settings.rate_limit)
            push_rate_limiter = PushRateLimiter(settings.rate_limit)
            feed.on_new_rights = tokens.forget
            app_services = AppServices(
                database,
                mutation_runner,
                GroupCommit(mutation_runner),
                feed,
                tokens,
                rate_limiter,
                push_rate_limiter,
                webhook_payloads=PayloadCompiler(schema),
                webhook_addresses=AddressPolicy(settings.webhook_networks),
                tracer=tracing.operations if tracing else None,
            )
            preparing = asyncio.get_running_loop().run_in_executor(None, prepare_holidays)
            try:
                yield app_services
            finally:
                await preparing
                await mutation_runner.background.close()


def create_app(settings: Settings, traces: "TracerProvider | None" = None) -> FastAPI:
    """Return the FastAPI application; `traces` are exported elsewhere than the settings say."""
    tracing, executors = _tracing(settings, traces), _executors(settings)
    watch, monitor, webhooks = TokenRevalidator(), EventLoopMonitor(), WebhookDispatcher()
    jobs = _background_jobs(settings, webhooks)
    mcp_routes, mcp_running = _mcp(settings, executors.compiled)
    sockets = WebSocketRoute(PATH, executors, watch, settings.allowed_origins)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with (
            lifespan_services(settings, tracing) as app_services,
            watch.running(app_services.tokens),
            monitor.running(),
            webhooks.running(app_services),
            jobs.running(app_services.database),
            mcp_running,
        ):
            app.state.app_services = app_services
            await _prepare_process()
            yield {CONNECTIONS: ConnectionLimiter(settings.connections, settings.connections_per_address)}

    app = Application(
        path=PATH,
        executors=executors,
        streams=EventStreams(executors, watch),
        graphiql=settings.graphiql,
        metrics=settings.metrics,
        bodies=executors.limiters.bodies,
        allowed_origins=settings.allowed_origins,
        allowed_headers=settings.allowed_headers,
        charging_paths={route.path for route in mcp_routes},
        tracer=tracing.operations if tracing else None,
        title="OKR API",
        version=__version__,
        lifespan=lifespan,
    )
    app.router.routes.extend([*_http_routes(settings, executors, sockets, monitor, jobs), *mcp_routes])
    app.state.sockets = sockets
    app.include_router(Endpoint(executors.document_store))
    return app


async def _prepare_process() -> None:
    """Measure tasks with their operations, exclude start-up objects from collections, finish imports."""
    await run_in_threadpool(int)  # anyio imports its backend on first use, for a quarter of a second
    asyncio.get_running_loop().set_task_factory(start_measured)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _tracing(settings: Settings, traces: "TracerProvider | None") -> Tracing | None:
    """Return what records spans; None if nothing is to be exported."""
    provider = tracer_provider(settings.traces_exporter) if settings.traces_exporter else traces
    return Tracing(provider) if provider is not None else None


def _executors(settings: Settings) -> Executors:
    """Return the executors of operations, with the documents that the operator trusts."""
    compiled = CompiledExecutor(schema, on=settings.compiled)
    trusted = read_trusted(settings.trusted_documents) if settings.trusted_documents else {}
    documents = DocumentStore(trusted, only_trusted=settings.trusted_only)
    return Executors(compiled, SubscriptionGroups(schema, on=settings.compiled), schema, documents)


def _background_jobs(settings: Settings, webhooks: WebhookDispatcher) -> JobRunner:
    """Return the runner of this process's background jobs."""
    jobs = [IDEMPOTENCY_PRUNING, VERIFICATION]
    if settings.feed_days:
        jobs.insert(0, feed_pruning(settings.feed_days))
    if settings.clock_interval_s:
        jobs.append(clock_job(settings.clock_interval_s))
    if settings.webhooks:
        jobs.append(webhooks.job())
    return JobRunner(jobs)


def _http_routes(
    settings: Settings,
    executors: Executors,
    sockets: WebSocketRoute,
    monitor: EventLoopMonitor,
    jobs: JobRunner,
) -> list[BaseRoute]:
    """Return the routes of health checks, landing page, exports, metrics, GraphiQL assets and sockets."""
    routes: list[BaseRoute] = [*ROUTES, landing_route(graphql_path=PATH, graphiql=settings.graphiql)]
    routes.append(TableDownloads(executors.compiled).route())
    if settings.metrics:
        routes.append(metrics_route(executors.compiled, sockets, monitor, jobs))
    if settings.graphiql:
        routes.extend(graphiql_routes(PATH))
    return [*routes, sockets]


def _mcp(
    settings: Settings, compiled: CompiledExecutor
) -> tuple[list[Route], AbstractAsyncContextManager[None]]:
    """Return the routes of the MCP server, none if it is off, and the context in which it runs."""
    if not settings.mcp:
        return [], nullcontext()
    from okr_api.transport.mcp.mcp_route import mcp_endpoint, mcp_route  # the SDK is an extra

    endpoint = mcp_endpoint(compiled, schema, settings.allowed_origins)
    return [mcp_route(endpoint)], endpoint.running()


def create_app_from_environment() -> FastAPI:
    """Return the application for servers that start their own workers."""
    return create_app(Settings.from_environment(os.environ))
