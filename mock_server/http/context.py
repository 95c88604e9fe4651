"""One call of one operation, from the moment its address is known: what the handlers are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.http.open_streams import OpenStreams
from sigmic_conformance.mock_server.ports import Clock
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.spec.document import Document, Operation

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.http.deviation import Deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSpace:
    """Where request bodies are received to, and how much of them is taken."""

    staging: Staging
    limits: UploadLimits = field(default_factory=UploadLimits)


@dataclass(slots=True, kw_only=True)
class Call:
    """An HTTP request on its way to a handler. `caller` may be asked for once authentication has passed."""

    request: web.BaseRequest
    platform: Platform
    document: Document
    streams: OpenStreams
    uploads: UploadSpace
    deviation: "Deviation"
    clock: Clock
    """The clock that waits for this call: the caller's project's, or nobody's as long as nobody is known."""
    operation: Operation
    headers: Mapping[str, str]
    """What every answer to this request carries."""
    path: Mapping[str, str]
    """Path parameters, percent-decoded."""
    principal: Principal | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    """Query parameters of the document, typed and with defaults; anything else in the query is ignored."""

    sent: Any = None
    """The JSON body, as soon as it was read and whether or not it is valid."""
    app_project: str | None = None
    """The project of the widget app that an open operation speaks of."""

    @property
    def project(self) -> str | None:
        """The project whose faults concern this call; None as long as nobody is known."""
        return self.app_project if self.principal is None else self.principal.project_id

    @property
    def caller(self) -> Principal:
        """Who is calling; an open operation has none to ask for."""
        if self.principal is None:
            message = f"{self.operation.operation_id} is open: nobody was authenticated"
            raise LookupError(message)
        return self.principal

    @property
    def task_id(self) -> str:
        """The task in the address."""
        return self.path["id"]
