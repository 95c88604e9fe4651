"""Facts about a target: plain values, gathered by `examination` and read by `diagnosis`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sigmic_conformance.run.preflight import OF_UNKNOWN_TASK, WITH_KEY, WITHOUT_KEY
from sigmic_conformance.target.proxy import Proxy
from sigmic_conformance.wire.transcript import Exchange

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The TLS handshake. `trouble` is why the certificate was not accepted, or why there was none."""

    version: str | None = None
    trouble: str | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """When get_task reported each state while the stream was read: monotonic nanoseconds, None if never."""

    running_at: int | None = None
    final_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Facts:
    """The collected facts, in the order of the tests. None if the examination did not get that far."""

    host: str
    port: int
    secure: bool
    proxy: Proxy | None = None
    """The proxy to the target, if any; then the proxy resolves the host name."""
    addresses: tuple[str, ...] | None = None
    unresolved: str | None = None
    connected_seconds: float | None = None
    unconnected: str | None = None
    tls: Tls | None = None
    problem: str | None = None
    reached: bool = False
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    stream: Exchange | None = None
    working: Working = field(default_factory=Working)
    unwatched: str | None = None
    """Why no stream was tried."""
    unmade: str | None = None
    """Why no task could be created."""
    wall_offset: float = 0.0
    """Add this to monotonic seconds to get our wall-clock time."""
    at: datetime = EPOCH
    """The wall-clock time of the examination."""

    @property
    def answers(self) -> list[Exchange]:
        """The answers to the first requests."""
        first = (WITH_KEY, WITHOUT_KEY, OF_UNKNOWN_TASK, "throttled")
        return [self.exchanges[label] for label in first if label in self.exchanges]
