"""A run in progress: the page under Locust's web page, its numbers for Prometheus and OpenTelemetry."""

from wsgiref.simple_server import WSGIServer

from flask import Response
from locust.env import Environment
from prometheus_client import CollectorRegistry, generate_latest, start_http_server

from sigmic_load.conduct.early_checks import LOOPBACK
from sigmic_load.conduct.metrics import Metrics, RunCollector
from sigmic_load.conduct.objectives_tab import add_tab
from sigmic_load.conduct.publishing import current
from sigmic_load.conduct.web_start import mind_starts
from sigmic_load.report.page import render_page
from sigmic_load.run.run import Run

REFRESH_SECONDS = 5
PAGE, METRICS = "/load", "/load/metrics"


def show_live(environment: Environment, run: Run) -> WSGIServer | None:
    """Show the run under the web page, and on a separate port if one was requested. Raises OSError."""
    registry = CollectorRegistry(auto_describe=False)
    numbers = Metrics(run, [each.__name__ for each in environment.user_classes])
    registry.register(RunCollector(numbers))
    if getattr(environment.parsed_options, "otel", False):
        from opentelemetry.metrics import get_meter  # noqa: PLC0415 - installed only with `locust[otel]`

        from sigmic_load.conduct.otel import export_metrics  # noqa: PLC0415 - see above

        export_metrics(numbers, get_meter("sigmic_load"))
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
