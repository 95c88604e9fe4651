"""The numbers of a run as metrics, in one form for Prometheus and OpenTelemetry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from time import monotonic

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS
from sigmic_load.measures.recorder import Phase
from sigmic_load.run.run import Run
from sigmic_load.verdicts.objectives import judge

QUANTILES = (0.5, 0.99)
FRESH_SECONDS = 1.0
"""Seconds for which values are reused, so that a reader of several metrics gets those of one moment."""
_WORDS = {"s": "_seconds", "B/s": "_bytes_per_second"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One value. `unit` is a UCUM unit, as in OpenTelemetry."""

    name: str
    says: str
    value: float
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    is_count: bool = False


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
        if name in numbers.counts:
            unit = f"{{{row.unit}}}"
            yield Metric(name=name, says=f"{row.says}.", value=numbers.count(name), unit=unit, is_count=True)
    for name, row in DISTRIBUTIONS.items():
        for share in QUANTILES:
            if (value := numbers.distribution(name).quantile(share)) is not None:
                labels = {"quantile": str(share)}
                yield Metric(name=name, says=f"{row.says}.", value=value, unit=row.unit, labels=labels)
    for outcome in judge(run.settings.objectives, numbers, ran):
        labels = {"id": outcome.objective.id, "verdict": outcome.verdict.value}
        says = "1 for the verdict that an objective has now."
        yield Metric(name="objective", says=says, value=1, labels=labels)


class RunCollector(Collector):
    """The metrics in Prometheus' classes."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield every metric."""
        for name, values in groupby(self._metrics.now(), key=lambda metric: metric.name):
            samples = list(values)
            first = samples[0]
            kind = CounterMetricFamily if first.is_count else GaugeMetricFamily
            labels = [self._metrics.labels(sample) for sample in samples]
            family = kind(f"sigmic_load_{name}{_WORDS.get(first.unit, '')}", first.says, labels=[*labels[0]])
            for sample, its in zip(samples, labels, strict=True):
                family.add_metric([*its.values()], sample.value)
            yield family
