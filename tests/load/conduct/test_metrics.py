"""Prometheus, OpenTelemetry and the dashboard use the same metrics."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from sigmic_load.conduct.metrics import Metrics, RunCollector
from sigmic_load.conduct.otel import export_metrics
from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_load.measures.recorder import Phase
from tests.load import runs

DASHBOARD = Path(__file__).parents[3] / "load" / "deploy" / "grafana.json"
UNITS = {"s": "_seconds", "B/s": "_bytes_per_second"}


@pytest.fixture
def metrics() -> Metrics:
    """Return the metrics of a run that has measured everything."""
    run = runs.made(region="eu")
    run.begin()
    run.enter(Phase.JUDGED)
    for name in COUNTS:
        run.recorder.count(name, 3)
    for name in DISTRIBUTIONS:
        run.recorder.sample(name, 0.5)
    return Metrics(run, ["StreamUser"])


def shown(metrics: Metrics) -> dict[str, list[dict[str, str]]]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunCollector(metrics))
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def told(metrics: Metrics) -> dict[str, list[Any]]:
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    export_metrics(metrics, provider.get_meter("sigmic_load"))
    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    ((scope,),) = [resource.scope_metrics for resource in data.resource_metrics]
    return {metric.name: [metric, list(metric.data.data_points)] for metric in scope.metrics}


def test_every_sample_has_the_labels_of_the_run(metrics):
    assert {labels["region"] for samples in shown(metrics).values() for labels in samples} == {"eu"}
    points = [point for _, points in told(metrics).values() for point in points]
    assert {point.attributes["region"] for point in points} == {"eu"}


def test_opentelemetry_gets_what_prometheus_gets(metrics):
    ours, theirs = shown(metrics), told(metrics)

    names = set()
    for name, (metric, points) in theirs.items():
        is_count = name.removeprefix("sigmic_load.") in COUNTS
        is_histogram = name.removeprefix("sigmic_load.") in DISTRIBUTIONS
        suffix = "_total" if is_count else "_count" if is_histogram else ""
        full = name.replace(".", "_") + UNITS.get(metric.unit, "") + suffix
        names.add(full)
        assert len(points) == len(ours[full]) * (2 if is_histogram else 1), name
        assert {type(point.value) for point in points} <= {int, float}, "OTLP encodes nothing else"
    assert names == {name for name in ours if not name.endswith(("_bucket", "_sum"))}
    (_, points) = theirs["sigmic_load.create"]
    assert [(point.attributes["quantile"], point.value) for point in points] == [("0.5", 0.5), ("0.99", 0.5)]


def test_prometheus_gets_histograms_of_each_class_so_that_it_shows_the_last_minute():
    run = runs.made()
    run.begin()
    run.enter(Phase.JUDGED)
    for user, seconds in (("ChatUser", 0.004), ("ChatUser", 3.0), ("PollUser", 70.0)):
        run.recorder.of(user).sample("create", seconds)
    run.recorder.of("ChatUser").count("requests", 5)
    run.recorder.count("requests", 2)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(RunCollector(Metrics(run, ["ChatUser"])))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"sigmic_load_{name}", labels)

    buckets = [
        value("create_seconds_bucket", user="ChatUser", le=le) for le in ("0.0025", "0.005", "5.0", "+Inf")
    ]
    assert buckets == [0.0, 1.0, 2.0, 2.0]
    assert value("create_seconds_bucket", user="PollUser", le="50.0") == 0.0
    assert value("create_seconds_bucket", user="PollUser", le="+Inf") == 1.0
    assert value("create_seconds_sum", user="ChatUser") == pytest.approx(3.004)
    assert [value("requests_total", user=user) for user in ("ChatUser", "")] == [5.0, 2.0]


def test_one_moment_is_worked_out_once(metrics):
    assert metrics.now() is metrics.now()


def test_the_dashboard_asks_for_metrics_and_labels_that_exist(metrics):
    dashboard = json.loads(DASHBOARD.read_text())
    exported = shown(metrics)
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    asked += [row["expr"] for row in dashboard["annotations"]["list"]]

    for expression in asked:
        ((name, selector),) = re.findall(r"(sigmic_load_\w+)\{([^}]*)\}", expression)
        assert name in exported, expression
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', selector))
        for label, value in wanted.items():
            known = {"broken", "held"} if label == "verdict" else {it.get(label) for it in exported[name]}
            assert value in known, expression
    assert "label_values(sigmic_load_open_streams, job)" in DASHBOARD.read_text()


def test_the_dashboard_can_be_imported():
    dashboard = json.loads(DASHBOARD.read_text())
    panels = dashboard["panels"]
    names = {row["name"] for row in dashboard["templating"]["list"]}

    assert {panel["datasource"]["uid"] for panel in panels} == {"${datasource}"}
    assert set(re.findall(r"\$\{?(\w+)", DASHBOARD.read_text())) - {"__all"} == {"datasource", "job"} <= names
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
