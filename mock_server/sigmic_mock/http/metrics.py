"""Counters of this server, published at /metrics in Prometheus' text format.

Counting costs a few dictionary operations per request; prometheus_client is imported at the first request for
/metrics. The registry is private, so it has no values of other servers in the process. CPU and memory are
those of the whole process, with the names that every Prometheus client uses.
"""

import bisect
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Watched:
    """A value that is read on demand, or several by the value of `label`; a `counter` only grows."""

    name: str
    help: str
    read: Callable[[], float | Mapping[str, float]]
    counter: bool = False
    label: str = ""


def load_client() -> None:
    """Import prometheus_client before the first `render`: 40 ms, to be spent in a thread."""
    importlib.import_module("prometheus_client")


class Metrics:
    """Everything counted since the start."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, int], int] = {}
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._watched: list[Watched] = []
        self._registry: CollectorRegistry | None = None

    def record(self, operation: str, status: int, seconds: float) -> None:
        """Count one answered request. `operation` is a route's name, never text from the request."""
        key = (operation, status)
        self._requests[key] = self._requests.get(key, 0) + 1
        buckets = self._buckets.setdefault(operation, [0] * (len(_BOUNDS) + 1))
        buckets[bisect.bisect_left(_BOUNDS, seconds)] += 1
        self._seconds[operation] = self._seconds.get(operation, 0.0) + seconds

    def watch(self, *watched: Watched) -> None:
        """Publish these values too."""
        self._watched += watched

    def render(self) -> bytes:
        """Return everything in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

        if self._registry is None:
            self._registry = CollectorRegistry()
            self._registry.register(self)
            ProcessCollector(registry=self._registry)
        text: bytes = generate_latest(self._registry)
        return text

    def collect(self) -> "Iterator[Metric]":
        """Yield the metrics, as prometheus_client requires of a collector."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
        )

        requests = CounterMetricFamily(
            "sigmic_mock_requests", "Answered requests.", labels=["operation", "status"]
        )
        for (operation, status), count in self._requests.items():
            requests.add_metric([operation, str(status)], count)
        yield requests
        durations = HistogramMetricFamily(
            "sigmic_mock_request_seconds", "Time from request to answer.", labels=["operation"]
        )
        for operation, buckets in self._buckets.items():
            durations.add_metric([operation], list(_cumulated(buckets)), self._seconds[operation])
        yield durations
        for watched in self._watched:
            kind = CounterMetricFamily if watched.counter else GaugeMetricFamily
            labels = [watched.label] if watched.label else []
            family = kind(f"sigmic_mock_{watched.name}", watched.help, labels=labels)
            value = watched.read()
            for label, number in value.items() if isinstance(value, Mapping) else (("", value),):
                family.add_metric([label] if labels else [], number)
            yield family


def _cumulated(buckets: list[int]) -> Iterator[tuple[str, float]]:
    total = 0
    for bound, count in zip((*map(str, _BOUNDS), "+Inf"), buckets, strict=True):
        total += count
        yield bound, total
