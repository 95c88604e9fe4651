"""The observers of traffic: a `RequestObserver` for each request, a `StreamObserver` for each stream.

An observer changes nothing. Without one nothing is observed.
"""

from enum import StrEnum
from typing import Protocol

from aiohttp import web


class Ending(StrEnum):
    """Why a stream is over."""

    FINISHED = "finished"
    GONE = "gone"
    DROPPED = "dropped"


class StreamObserver(Protocol):
    """Hears of one stream."""

    def wrote(self, data: bytes) -> None:
        """The stream has taken whole frames."""

    def ended(self, ending: Ending, *, unsent: int) -> None:
        """The stream is over; `unsent` bytes were still waiting for the client."""


class PartObserver(Protocol):
    """Hears of one part of a multipart body."""

    def read(self, piece: bytes) -> None:
        """The next bytes of the part were read."""


class RequestObserver(Protocol):
    """Hears of one request."""

    def concerns(self, project_id: str) -> None:
        """The request is about this project."""

    async def read_body(self, body: bytes) -> None:
        """The whole body was read."""

    def began_part(self, name: str | None, filename: str | None, content_type: str | None) -> PartObserver:
        """A part of a multipart body begins."""

    def opened_stream(self, task_id: str, answer: web.StreamResponse) -> StreamObserver:
        """The request opens a stream of this task."""

    def handled(self) -> None:
        """Its handler has returned; a stream that it opened goes on."""

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

        There is no answer when the client left, or when the answer was a stream.
        """


class TrafficObserver(Protocol):
    """Hears of every request."""

    def began(self, request: web.BaseRequest, request_id: str) -> RequestObserver:
        """Return who is to hear of a request that has just come."""
