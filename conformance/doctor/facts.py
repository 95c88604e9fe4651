"""Facts about a target: plain values, gathered by `examination` and read by `diagnosis`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sigmic_conformance.conformance.run.preflight import OF_UNKNOWN_TASK, WITH_KEY, WITHOUT_KEY
from sigmic_conformance.conformance.target.proxy import Proxy
from sigmic_conformance.conformance.transcript.transcript import Exchange

EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What the handshake showed. `trouble` is why the certificate was not accepted, or why there was none."""

    version: str | None = None
    trouble: str | None = None
    names: tuple[str, ...] = ()
    issuer: str = ""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """What get_task said while the stream was read: monotonic nanoseconds; None when it never said so."""

    running_at: int | None = None
    final_at: int | None = None


@dataclass(slots=True, kw_only=True)
class Facts:
    """All that was found out, in the order in which it was asked. None: it did not come so far."""

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
    """Why no task could be made."""
    wall_offset: float = 0.0
    """Add this to monotonic seconds to get ours by the wall."""
    at: datetime = EPOCH
    """When it was examined, by the wall."""

    @property
    def answers(self) -> list[Exchange]:
        """What the first questions got."""
        first = (WITH_KEY, WITHOUT_KEY, OF_UNKNOWN_TASK, "throttled")
        return [self.exchanges[label] for label in first if label in self.exchanges]
