"""Write the requests of a probe: paths and methods from the contract, headers of a client, the spelling."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, urlencode

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Budget, Metered
from sigmic_conformance.traffic.callers import Caller
from sigmic_conformance.traffic.endings import ReadOnly
from sigmic_conformance.traffic.retries import READING
from sigmic_conformance.wire.bodies import JSON
from sigmic_conformance.wire.connection import Request
from sigmic_conformance.wire.ordinary_clients import Headers, OrdinaryClient, merged
from sigmic_conformance.wire.request_spelling import spelled
from sigmic_conformance.wire.spelling import Spelling
from sigmic_spec.document import Document

_MEDIA = {"stream_task": "text/event-stream", "download_artifact": "*/*"}
"""Media types other than JSON: a target may refuse a request that does not accept the type (G-57)."""
_AGENT = (("User-Agent", "sigmic-conformance"), ("Connection", "close"))
_READER = (("Accept", "text/event-stream"), ("Cache-Control", "no-cache"))


class RequestWriter:
    """Writes requests for one profile; their bodies count for the budget."""

    def __init__(self, profile: Profile, budget: Budget) -> None:
        self._profile, self._budget = profile, budget
        self._operations = Document.load().operations

    def method(self, operation: str) -> str:
        """The method of an operation."""
        return self._operations[operation].method

    def target(self, operation: str, path: Mapping[str, str], query: Mapping[str, str]) -> str:
        """The request target of an operation; values are percent-encoded, half a surrogate pair as well."""
        template = self._operations[operation].path
        if operation == "download_artifact":
            template = self._profile.artifact_download_path
        for name, value in path.items():
            template = template.replace(f"{{{name}}}", quote(value, safe="", errors="surrogatepass"))
        encoded = urlencode(query, errors="surrogatepass")
        return f"{template}?{encoded}" if query else template

    def accepted(self, operation: str) -> str:
        """The media type that a request of this operation accepts."""
        return _MEDIA.get(operation, JSON)

    def request(
        self,
        plain: Request,
        *,
        operation: str,
        caller: Caller,
        accept: str | None,
        client: OrdinaryClient | None = None,
        spelling: Spelling = Spelling.PLAIN,
    ) -> Request:
        """A request with all headers, in its spelling; its body is counted. `plain` has those of the probe.

        Without `client` it has the suite's own. Raises ReadOnly if it would change something and the profile
        allows reading only.
        """
        if self._profile.read_only and plain.method not in READING:
            raise ReadOnly(f"the profile allows reading only, and this would send {plain.method}")
        more = merged(caller.headers, plain.headers)
        if client is None:
            headers = merged((*_AGENT, *_accepting(accept)), more)
        else:
            headers = merged(client.lines(is_stream=operation == "stream_task"), (*more, *_of_range(more)))
        known = self._operations.get(operation)
        request = spelled(replace(plain, headers=headers), spelling, known.path if known else "")
        return request if request.body is None else replace(request, body=Metered(request.body, self._budget))

    def stream(
        self, task: str, *, caller: Caller, headers: Headers = (), client: OrdinaryClient | None = None
    ) -> Request:
        """The request for the stream of a task, as readers of event streams send it."""
        usual = (*_AGENT, *_READER) if client is None else client.lines(is_stream=True)
        lines = merged(usual, merged(caller.headers, headers))
        return Request(method="GET", target=self.target("stream_task", {"id": task}, {}), headers=lines)


def _of_range(headers: Headers) -> Headers:
    """Browsers and Go ask for a part of a file without a coding: a part alone cannot be decoded."""
    is_range = any(name.lower() == "range" for name, _ in headers)
    return (("Accept-Encoding", "identity"),) if is_range else ()


def _accepting(media: str | None) -> Headers:
    return () if media is None else (("Accept", media),)
