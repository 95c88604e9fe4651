"""A run while it goes on: the page and its numbers under Locust's web page, and for Prometheus."""

from collections.abc import Iterable, Iterator
from wsgiref.simple_server import WSGIServer

from flask import Response
from locust.env import Environment
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sigmic_conformance.load.conduct.objectives_tab import add_tab
from sigmic_conformance.load.conduct.publishing import current
from sigmic_conformance.load.conduct.web_start import mind_starts
from sigmic_conformance.load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_conformance.load.measures.recorder import Phase
from sigmic_conformance.load.report.page import render_page
from sigmic_conformance.load.run.run import Run
from sigmic_conformance.load.verdicts.objectives import judge

REFRESH_SECONDS = 5
PAGE, METRICS = "/load", "/load/metrics"
QUANTILES = (0.5, 0.99)
LOOPBACK = "127.0.0.1"


class RunCollector(Collector):
    """The numbers of a run in Prometheus' terms: what objectives are judged on, and how they stand."""

    def __init__(self, run: Run, ran: Iterable[str]) -> None:
        self._run = run
        self._ran = tuple(ran)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        run = self._run
        numbers = run.recorder.numbers
        yield _gauge("open_streams", "Streams that are open now.", run.recorder.streams_open)
        is_judged = run.recorder.phase is Phase.JUDGED
        yield _gauge("judged", "1 while the target is judged, not while users come or go.", is_judged)
        yield _gauge("workers_lost", "Workers that were lost.", len(run.workers.losses))
        for name, times in numbers.counts.items():
            says = COUNTS[name].says
            yield CounterMetricFamily(f"sigmic_load_{name}", f"{says}.", value=times)
        for name, histogram in numbers.distributions.items():
            row = DISTRIBUTIONS[name]
            unit = {"s": "seconds", "B/s": "bytes_per_second"}[row.unit]
            family = GaugeMetricFamily(f"sigmic_load_{name}_{unit}", f"{row.says}.", labels=["quantile"])
            for share in QUANTILES:
                if (value := histogram.quantile(share)) is not None:
                    family.add_metric([str(share)], value)
            yield family
        objectives = GaugeMetricFamily(
            "sigmic_load_objective", "1 for the verdict that an objective has now.", labels=["id", "verdict"]
        )
        for outcome in judge(run.objectives, numbers, self._ran):
            objectives.add_metric([outcome.objective.id, outcome.verdict.value], 1)
        yield objectives


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sigmic_load_{name}", says, value=value)


def show_live(environment: Environment, run: Run) -> WSGIServer | None:
    """Show the run under the web page, and at a port of its own when that was asked for; raises OSError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunCollector(run, [each.__name__ for each in environment.user_classes]))
    application = None if environment.web_ui is None else environment.web_ui.app
    if environment.web_ui is not None and application is not None:

        def page() -> Response:
            if not run.began:
                return Response("No run has started.", mimetype="text/plain")
            shown = Response(render_page(current(environment, run).report), mimetype="text/html")
            if not run.is_over:
                shown.headers["Refresh"] = str(REFRESH_SECONDS)
            return shown

        def metrics() -> Response:
            return Response(generate_latest(registry), mimetype="text/plain")

        application.add_url_rule(PAGE, "sigmic_load", page)
        application.add_url_rule(METRICS, "sigmic_load_metrics", metrics)
        add_tab(environment.web_ui, application, run)
        mind_starts(environment.web_ui, application, run)
    if run.options.metrics_port is None:
        return None
    server, _ = start_http_server(run.options.metrics_port, addr=LOOPBACK, registry=registry)
    return server
