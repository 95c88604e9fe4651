"""Reports bytes to the journal that a fault sends outside of ordinary answers and frames."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from sigmic_mock.http.observer import RequestObserver, StreamObserver


@runtime_checkable
class FaultyRequestObserver(RequestObserver, Protocol):
    """Observes a request whose answer faults alter."""

    def sent(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """An altered answer was put on the wire piece by piece."""

    def resumed(self) -> AbstractContextManager[None]:
        """Inside, faults that fire belong to this request, though it is over. Must not await."""


@runtime_checkable
class FaultyStreamObserver(StreamObserver, Protocol):
    """Observes a stream that faults alter."""

    def wrote_altered(self, data: bytes, faults: tuple[str, ...]) -> None:
        """The stream has written bytes that these faults altered; without any they are whole frames."""

    def breaks_off(self) -> None:
        """A fault is about to break the connection off."""
