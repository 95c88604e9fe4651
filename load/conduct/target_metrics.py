"""CPU and memory of the target, where it shows them at `/metrics` in Prometheus' format.

No credential is sent.
"""

import os
from time import time

import gevent
import requests

from sigmic_conformance.load.conduct.process_metrics import read_process
from sigmic_conformance.load.measures.timeline import Reading
from sigmic_conformance.load.run.run import Run

EVERY = 2.0
"""Seconds between two looks."""
_SECONDS = 2.0


class TargetMetrics:
    """Looks at a target until it is stopped, or finds nothing there."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self, host: str) -> None:
        """Begin to look."""
        self.stop()
        self._greenlet = gevent.spawn(self._watch, f"{host.rstrip('/')}/metrics")

    def stop(self) -> None:
        """Look no more. Idempotent."""
        if self._greenlet is not None:
            self._greenlet.kill(block=False)
            self._greenlet = None

    def _watch(self, url: str) -> None:
        session = requests.Session()
        session.trust_env = False
        session.verify = os.environ.get("SSL_CERT_FILE") or True
        before: tuple[float, float] | None = None
        while True:
            at = time()
            try:
                answer = session.get(url, timeout=_SECONDS)
                cpu, memory = read_process(answer.text if answer.ok else "")
            except (requests.RequestException, ValueError):
                cpu, memory = None, None
            if (cpu, memory) == (None, None) and not self._run.readings:
                return  # it shows nothing
            share = None
            if cpu is not None:
                if before is not None and at > before[0]:
                    share = max(0.0, (cpu - before[1]) / (at - before[0]))
                before = (at, cpu)
            self._run.readings.append(Reading(at=at, cpu=share, memory=memory))
            gevent.sleep(EVERY)
