"""CPU and memory of the target, if it publishes them at `/metrics` in Prometheus' format.

No credential is sent.
"""

import os

import gevent
import requests
from locust.env import Environment
from prometheus_client.parser import text_string_to_metric_families

from sigmic_load.conduct.watch import Watch
from sigmic_load.measures.clock import now
from sigmic_load.measures.timeline import Reading
from sigmic_load.run.run import Run

EVERY = 2.0
"""Seconds between two requests."""
_SECONDS = 2.0


CPU = "process_cpu_seconds_total"
MEMORY = "process_resident_memory_bytes"


def read_process(text: str) -> tuple[float | None, float | None]:
    """Return CPU seconds and resident bytes from a page of metrics; None for a missing metric."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in {CPU, MEMORY}:
                found[sample.name] = sample.value
    return found.get(CPU), found.get(MEMORY)


class TargetMetrics(Watch):
    """Reads the metrics of a target until stopped, or until the target turns out to have none."""

    def __init__(self, environment: Environment, run: Run) -> None:
        self._environment = environment
        self._run = run

    def _watch(self) -> None:
        url = f"{(self._environment.host or '').rstrip('/')}/metrics"
        session = requests.Session()
        session.trust_env = False
        session.verify = os.environ.get("SSL_CERT_FILE") or True
        before: tuple[float, float] | None = None
        while True:
            at = now()
            try:
                answer = session.get(url, timeout=_SECONDS)
                cpu, memory = read_process(answer.text if answer.ok else "")
            except requests.Timeout:
                continue  # a busy target may have metrics
            except (requests.RequestException, ValueError):
                cpu, memory = None, None
            if (cpu, memory) == (None, None) and not self._run.readings:
                return  # the target has no metrics
            share = None
            if cpu is not None:
                if before is not None and at > before[0]:
                    share = max(0.0, (cpu - before[1]) / (at - before[0]))
                before = (at, cpu)
            self._run.readings.append(Reading(at=at, cpu=share, memory=memory))
            gevent.sleep(EVERY)
