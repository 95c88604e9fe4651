"""The observers of traffic: a `RequestObserver` per request, a `StreamObserver` per stream.

An observer changes nothing. Without one, traffic is not observed.
"""

from enum import StrEnum
from typing import Protocol

from aiohttp import web


class Ending(StrEnum):
    """Why a stream has ended."""

    FINISHED = "finished"
    GONE = "gone"
    DROPPED = "dropped"


class StreamObserver(Protocol):
    """Observes one stream."""

    def wrote(self, data: bytes) -> None:
        """The stream has accepted whole frames."""

    def ended(self, ending: Ending, *, unsent: int) -> None:
        """The stream has ended; `unsent` bytes were still waiting for the client."""


class PartObserver(Protocol):
    """Observes one part of a multipart body."""

    def read(self, piece: bytes) -> None:
        """The next bytes of the part were read."""


class RequestObserver(Protocol):
    """Observes one request."""

    def concerns(self, project_id: str) -> None:
        """The request is about this project."""

    async def read_body(self, body: bytes) -> None:
        """The whole body was read."""

    def began_part(self, name: str | None, filename: str | None, content_type: str | None) -> PartObserver:
        """A part of a multipart body starts."""

    def opened_stream(self, task_id: str, answer: web.StreamResponse) -> StreamObserver:
        """The request opens a stream of this task."""

    def handled(self) -> None:
        """Its handler has returned; a stream that it opened continues."""

    def ended(
        self,
        *,
        operation: str,
        task_id: str | None,
        answer: web.StreamResponse | None,
        code: str | None,
        seconds: float,
    ) -> None:
        """The request is over, and so is its stream.

        There is no `answer` if the client left, or if the answer was a stream.
        """


class TrafficObserver(Protocol):
    """Observes every request."""

    def began(self, request: web.BaseRequest, request_id: str) -> RequestObserver:
        """Return the observer of a new request."""
