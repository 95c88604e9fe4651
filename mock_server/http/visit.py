"""What is said of one request once it is over: in the metrics, in the log, in the journal."""

import logging
import time
from dataclasses import dataclass, field

from aiohttp import web

from sigmic_conformance.mock_server.http.journal_recorder import RequestNotes
from sigmic_conformance.mock_server.http.metrics import Metrics

log = logging.getLogger("mock_server.requests")
_CLIENT_LEFT = 499
"""Logged, never sent: the client went away before its answer, or before the end of its stream."""


@dataclass(slots=True)
class Visit:
    """One request as it will be told of. It may live as long as a stream: it keeps nothing of the answer."""

    id: str
    method: str
    path: str
    name: str = "unrouted"
    caller: str | None = None
    code: str | None = None
    notes: RequestNotes | None = None
    started: float = field(default_factory=time.perf_counter)

    def answered(self, metrics: Metrics, answer: web.StreamResponse | None) -> None:
        """Tell of it; without an answer the client left."""
        self._over(metrics, _CLIENT_LEFT if answer is None else answer.status, answer)

    def streamed(self, metrics: Metrics, status: int | None) -> None:
        """Tell of it, when its stream is over; without a status the client has not got all of it."""
        self._over(metrics, _CLIENT_LEFT if status is None else status, None)

    def _over(self, metrics: Metrics, status: int, answer: web.StreamResponse | None) -> None:
        seconds = time.perf_counter() - self.started
        metrics.record(self.name, status, seconds)
        if log.isEnabledFor(logging.INFO):
            self._log(status, seconds)
        if self.notes is not None:
            self.notes.finish(self.name, answer, self.code, seconds)

    def _log(self, status: int, seconds: float) -> None:
        fields = {
            "request_id": self.id,
            "method": self.method,
            "path": self.path[:200],
            "operation": self.name,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        fields |= {"caller": self.caller} if self.caller else {}
        fields |= {"code": self.code} if self.code else {}
        log.info("request", extra={"fields": fields})
