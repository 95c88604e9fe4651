"""The numbers of a run as metrics, in one form for Prometheus and OpenTelemetry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import monotonic

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure
from sigmic_load.measures.histogram import Histogram
from sigmic_load.measures.recorder import Numbers, Phase
from sigmic_load.run.run import Run
from sigmic_load.verdicts.objectives import judge

FRESH_SECONDS = 1.0
"""Seconds for which values are reused, so that a reader of several metrics gets those of one moment."""
_WORDS = {"s": "_seconds", "B/s": "_bytes_per_second"}
BOUNDS = tuple(factor * 10.0**power for power in range(-3, 2) for factor in (1, 2.5, 5))
"""Bounds of the buckets in seconds, and in other units a thousand times as much."""

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One value, or the values of a histogram. `unit` is a UCUM unit, as in OpenTelemetry."""

    name: str
    says: str
    value: float = 0.0
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    is_count: bool = False
    histogram: Histogram | None = None


class Metrics:
    """The metrics of a run, with its labels. `ran` are the user classes."""

    def __init__(self, run: Run, ran: Sequence[str]) -> None:
        self._run = run
        self._ran = tuple(ran)
        self._now: list[Metric] = []
        self._until = 0.0

    def now(self) -> list[Metric]:
        """Return the metrics; those with the same name are adjacent."""
        if monotonic() > self._until:
            self._now = list(_metrics(self._run, self._ran))
            self._until = monotonic() + FRESH_SECONDS
        return self._now

    def labels(self, metric: Metric) -> dict[str, str]:
        """Return the labels of the run and of the metric."""
        return {**self._run.options.labels, **metric.labels}


def _metrics(run: Run, ran: Sequence[str]) -> Iterator[Metric]:
    numbers = run.recorder.numbers
    yield Metric(name="open_streams", says="Streams that are open now.", value=run.recorder.streams_open)
    is_judged = int(run.recorder.phase is Phase.JUDGED)  # the exporter of OpenTelemetry encodes no bool
    yield Metric(
        name="judged", says="1 while the target is judged, not while users come or go.", value=is_judged
    )
    yield Metric(name="workers_lost", says="Workers that were lost.", value=len(run.workers.losses))
    for name, row in COUNTS.items():
        for user, its in _by_user(row, numbers):
            if name in its.counts:
                says, unit, labels = f"{row.says}.", f"{{{row.unit}}}", {"user": user}
                value = its.counts[name]
                yield Metric(name=name, says=says, value=value, unit=unit, labels=labels, is_count=True)
    for name, row in DISTRIBUTIONS.items():
        for user, its in _by_user(row, numbers):
            if histogram := its.distributions.get(name):
                says, labels = f"{row.says}.", {"user": user}
                yield Metric(name=name, says=says, unit=row.unit, labels=labels, histogram=histogram)
    for outcome in judge(run.settings.objectives, numbers, ran):
        labels = {"id": outcome.objective.id, "verdict": outcome.verdict.value}
        says = "1 for the verdict that an objective has now."
        yield Metric(name="objective", says=says, value=1, labels=labels)


def _by_user(row: Measure, numbers: Numbers) -> Iterator[tuple[str, Numbers]]:
    """Yield the numbers of each class, whose sum is the measure; what no class recorded has an empty name."""
    if not (row.is_shared and numbers.users):
        yield "".join(row.users[:1]), numbers
        return
    yield from sorted(numbers.users.items())
    by_classes = sum(it.count(row.name) for it in numbers.users.values())
    if rest := numbers.count(row.name) - by_classes:
        yield "", Numbers(counts={row.name: rest})


class RunCollector(Collector):
    """The metrics in Prometheus' classes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Family]:
        """Yield every metric."""
        for name, values in groupby(self._metrics.now(), key=lambda metric: metric.name):
            samples = list(values)
            first = samples[0]
            labels = [self._metrics.labels(sample) for sample in samples]
            told = (f"sigmic_load_{name}{_WORDS.get(first.unit, '')}", first.says)
            if first.histogram is not None:
                buckets = HistogramMetricFamily(*told, labels=[*labels[0]])
                for sample, its in zip(samples, labels, strict=True):
                    assert sample.histogram is not None  # noqa: S101 - like the first
                    histogram, bounds = sample.histogram, _bounds(first.unit)
                    buckets.add_metric([*its.values()], _buckets(histogram, bounds), histogram.total)
                yield buckets
                continue
            kind = CounterMetricFamily if first.is_count else GaugeMetricFamily
            family = kind(*told, labels=[*labels[0]])
            for sample, its in zip(samples, labels, strict=True):
                family.add_metric([*its.values()], sample.value)
            yield family


def _bounds(unit: str) -> Sequence[float]:
    return BOUNDS if unit == "s" else [1000 * bound for bound in BOUNDS]


def _buckets(histogram: Histogram, bounds: Sequence[float]) -> list[tuple[str, float]]:
    """Return how many values are at most each bound."""
    left = list(histogram.cumulated())
    buckets, reached = [], 0
    for bound in bounds:
        while left and left[0][0] <= bound:
            _, reached = left.pop(0)
        buckets.append((str(float(f"{bound:.3g}")), float(reached)))
    return [*buckets, ("+Inf", float(histogram.count))]
