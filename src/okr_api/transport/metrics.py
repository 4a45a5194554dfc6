"""Prometheus route `/metrics`: operations, fallbacks, sockets, event loop, jobs, admission, process."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from okr_api.auth.admission_control import AdmissionControl
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.services.jobs.job_runner import JobRunner
from okr_api.transport.auth_middleware import METRICS
from okr_api.transport.event_loop_monitor import EventLoopMonitor
from okr_api.transport.websocket_route import WebSocketRoute


class Counts(Collector):
    """Prometheus collector that reads the counters of other objects at scrape time."""

    def __init__(
        self,
        compiled: CompiledExecutor,
        sockets: WebSocketRoute,
        monitor: EventLoopMonitor,
        jobs: JobRunner,
    ) -> None:
        self.compiled = compiled
        self.sockets = sockets
        self.monitor = monitor
        self.jobs = jobs
        self.app_services: AppServices | None = None

    def describe(self) -> list[Metric]:
        """Return no metric descriptions at registration time."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        operations = CounterMetricFamily(
            "okr_operations", "Queries and mutations, by executor.", labels=["answered_by"]
        )
        operations.add_metric(["plan"], self.compiled.answered)
        operations.add_metric(["graphql_core"], self.compiled.fallbacks.total())
        yield operations
        fallbacks = CounterMetricFamily(
            "okr_fallbacks", "Fallbacks to graphql-core, by reason.", labels=["of", "reason"]
        )
        followed = self.sockets.executors.subscription_groups.fallbacks
        for of, counted in (("operation", self.compiled.fallbacks), ("subscription", followed)):
            for reason, count in sorted(counted.items()):
                fallbacks.add_metric([of, reason], count)
        yield fallbacks
        yield GaugeMetricFamily("okr_sockets", "Open websockets.", value=len(self.sockets.conversations))
        yield from self._blocks()
        yield from self._jobs()
        if self.app_services:
            yield CounterMetricFamily(
                "okr_subscriptions", "Subscriptions started.", value=self.app_services.feed.begun
            )
            yield from self._admission(self.app_services.admission)
            yield GaugeMetricFamily(
                "okr_layouts_rows",
                "Rows in the cache of tree layouts.",
                value=self.app_services.layouts.rows,
            )

    def _blocks(self) -> Iterator[Metric]:
        """Yield how long the event loop was blocked."""
        histogram = HistogramMetricFamily(
            "okr_event_loop_blocked_seconds",
            "Lag of the event loop's heartbeat: wall time, and the CPU time within it.",
            labels=["clock"],
        )
        longest = GaugeMetricFamily(
            "okr_event_loop_longest_block_seconds",
            "The longest block of the event loop in the last minute or two.",
            labels=["clock"],
        )
        for clock, lags in (("wall", self.monitor.wall), ("cpu", self.monitor.cpu)):
            histogram.add_metric([clock], lags.buckets(), lags.sum_s)
            longest.add_metric([clock], lags.longest_s)
        yield histogram
        yield longest

    def _jobs(self) -> Iterator[Metric]:
        """Yield what the background jobs of this process have done."""
        runs = CounterMetricFamily("okr_job_runs", "Runs of a background job here.", labels=["job"])
        failures = CounterMetricFamily("okr_job_failures", "Runs or attempts that failed.", labels=["job"])
        seconds = CounterMetricFamily("okr_job_seconds", "Seconds that its runs took.", labels=["job"])
        items = CounterMetricFamily(
            "okr_job_items", "Rows deleted, changes appended, or wrong numbers found.", labels=["job"]
        )
        success = GaugeMetricFamily(
            "okr_job_last_success_timestamp_seconds", "When a run last succeeded here.", labels=["job"]
        )
        for state in self.jobs.states:
            label = [state.job.name]
            runs.add_metric(label, state.runs)
            failures.add_metric(label, state.failures)
            seconds.add_metric(label, state.seconds)
            items.add_metric(label, state.items)
            if state.last_success:
                success.add_metric(label, state.last_success.timestamp())
        yield from (runs, failures, seconds, items, success)

    def _admission(self, admission: AdmissionControl) -> Iterator[Metric]:
        """Yield what is in flight, what waits, and what was rejected."""
        held = "Cost of heavy operations in flight and of responses that clients have not read yet."
        yield GaugeMetricFamily("okr_operations_in_flight_cost", held, value=admission.held.in_use)
        executing = GaugeMetricFamily(
            "okr_operations_executing_cost", "Cost of heavy operations being executed."
        )
        executing.add_metric([], admission.executing.in_use)
        yield executing
        yield GaugeMetricFamily(
            "okr_operations_waiting", "Operations waiting to be executed.", value=admission.waiting
        )
        bodies = self.sockets.executors.limiters.bodies
        yield GaugeMetricFamily("okr_request_bytes", "Bytes of request bodies in flight.", value=bodies.held)
        refused = CounterMetricFamily(
            "okr_operations_refused", "Operations and requests rejected.", labels=["reason"]
        )
        counted = {**admission.refused, "too many bytes": bodies.refused}
        for reason, count in sorted(counted.items()):
            refused.add_metric([reason], count)
        yield refused


def metrics_route(
    compiled: CompiledExecutor, sockets: WebSocketRoute, monitor: EventLoopMonitor, jobs: JobRunner
) -> Route:
    """Return the route that Prometheus scrapes."""
    registry = CollectorRegistry()
    counts = Counts(compiled, sockets, monitor, jobs)
    registry.register(counts)
    for about_the_process in (ProcessCollector, PlatformCollector, GCCollector):
        about_the_process(registry=registry)

    async def metrics(request: Request) -> Response:
        """Return all metrics in Prometheus' text format."""
        counts.app_services = request.app.state.app_services
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Route(METRICS, metrics)
