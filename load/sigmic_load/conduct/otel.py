"""The metrics of a run for OpenTelemetry. Imported only with `--otel`, which needs `locust[otel]`."""

from collections.abc import Iterator
from functools import partial

from opentelemetry.metrics import Meter, Observation

from sigmic_load.conduct.metrics import Metric, Metrics
from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS

QUANTILES = (0.5, 0.99)


def _observations(metric: Metric, labels: dict[str, str]) -> Iterator[Observation]:
    if metric.histogram is None:
        yield Observation(metric.value, labels)
        return
    for share in QUANTILES:  # the SDK has no histogram that is observed
        if (value := metric.histogram.quantile(share)) is not None:
            yield Observation(value, labels | {"quantile": str(share)})


def export_metrics(metrics: Metrics, meter: Meter) -> None:
    """Let OpenTelemetry read the metrics through the meter that Locust set up."""

    def observe(name: str, _: object) -> Iterator[Observation]:
        for metric in metrics.now():
            if metric.name == name:
                yield from _observations(metric, metrics.labels(metric))

    def instrument(kind: str, name: str, unit: str, says: str) -> None:
        make = getattr(meter, f"create_observable_{kind}")
        make(f"sigmic_load.{name}", callbacks=[partial(observe, name)], unit=unit, description=says)

    for name, row in COUNTS.items():
        instrument("counter", name, f"{{{row.unit}}}", row.says)
    for name, row in DISTRIBUTIONS.items():
        instrument("gauge", name, row.unit, f"{row.says}; quantiles")
    for name, says in (
        ("open_streams", "streams that are open now"),
        ("judged", "1 while the target is judged"),
        ("workers_lost", "workers that were lost"),
        ("objective", "1 for the verdict that an objective has now"),
    ):
        instrument("gauge", name, "", says)
