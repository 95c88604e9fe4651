"""The HTTP server of a platform: of honest classes, or of their misbehaving twins where faults are on.

Without faults no module of theirs is even imported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sigmic_conformance.mock_server.bootstrap.infrastructure import Foundation
from sigmic_conformance.mock_server.http.access_log import AccessLog
from sigmic_conformance.mock_server.http.app import App
from sigmic_conformance.mock_server.http.authentication import Authenticator
from sigmic_conformance.mock_server.http.context import Services
from sigmic_conformance.mock_server.http.cors import Cors
from sigmic_conformance.mock_server.http.event_stream import OpenStreams
from sigmic_conformance.mock_server.http.fields import UploadSpace
from sigmic_conformance.mock_server.http.handlers import HANDLERS
from sigmic_conformance.mock_server.http.health import status_routes
from sigmic_conformance.mock_server.http.metrics import Metrics, Watched
from sigmic_conformance.mock_server.http.mount import Mount
from sigmic_conformance.mock_server.http.observer import TrafficObserver
from sigmic_conformance.mock_server.http.response_check import ResponseCheck
from sigmic_conformance.mock_server.http.routing import OperationHandler, Router
from sigmic_conformance.mock_server.http.server import HttpServer
from sigmic_conformance.mock_server.journal.recorder import TrafficRecorder
from sigmic_conformance.mock_server.journal.secrets import Secrets
from sigmic_conformance.mock_server.journal.writer import JournalWriter
from sigmic_conformance.mock_server.runtime.ids import RandomIds
from sigmic_conformance.mock_server.service.platform import Platform
from sigmic_conformance.mock_server.version import VERSION
from sigmic_conformance.spec.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerParts:
    """What a server is made of."""

    base: Foundation
    platform: Platform
    document: Document
    uploads: UploadSpace
    mounts: Sequence[Mount]


def http_server(parts: ServerParts) -> HttpServer:
    """Put the server together, not yet listening."""
    metrics = Metrics()
    check = ResponseCheck(parts.document) if parts.base.settings.check_responses else None
    server = _honest(parts, metrics, check) if parts.base.faults is None else _faulty(parts, metrics, check)
    _watch(metrics, parts.platform, server.streams)
    return server


def _honest(parts: ServerParts, metrics: Metrics, check: ResponseCheck | None) -> HttpServer:
    accounts = parts.platform.accounts
    app = App(
        services=Services(
            platform=parts.platform,
            document=parts.document,
            streams=OpenStreams(None if check is None else check.check_frames),
            uploads=parts.uploads,
        ),
        router=_router(parts, metrics, HANDLERS),
        mounts=parts.mounts,
        ids=RandomIds(),
        clocks=parts.base.clocks,
        cors=Cors(accounts),
        authenticator=Authenticator(accounts),
        access_log=AccessLog(metrics),
        check=check,
        observer=_observer(parts.base),
    )
    return HttpServer(app)


def _faulty(parts: ServerParts, metrics: Metrics, check: ResponseCheck | None) -> HttpServer:
    """Put in the twins. Their modules are loaded only when faults are on."""
    from sigmic_conformance.mock_server.faults.behaviour.app import HEADER, FaultyApp  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.authentication import FaultyAuthenticator  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.connection import FaultyConnectionFactory  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.context import FaultyServices  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.cors import FaultyCors  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.event_stream import FaultyEventStream  # noqa: PLC0415 - see above
    from sigmic_conformance.mock_server.faults.behaviour.handlers import FAULTY_HANDLERS  # noqa: PLC0415 - see above

    base, accounts, faults = parts.base, parts.platform.accounts, parts.base.faults
    if faults is None:
        raise ValueError("this server has no faults")
    by_header = base.settings.header_faults
    app = FaultyApp(
        services=FaultyServices(
            platform=parts.platform,
            document=parts.document,
            streams=OpenStreams(None if check is None else check.check_frames, FaultyEventStream),
            uploads=parts.uploads,
            faults=faults,
            background=base.background,
        ),
        router=_router(parts, metrics, FAULTY_HANDLERS),
        mounts=parts.mounts,
        ids=RandomIds(),
        clocks=base.clocks,
        cors=FaultyCors(accounts, faults, HEADER if by_header else None),
        authenticator=FaultyAuthenticator(accounts, faults),
        access_log=AccessLog(metrics),
        check=check,
        observer=_observer(base),
        by_header=by_header,
    )
    return HttpServer(app, partial(FaultyConnectionFactory, faults))


def _router(parts: ServerParts, metrics: Metrics, handlers: Mapping[str, OperationHandler]) -> Router:
    status = status_routes(lambda: parts.base.backend.report, metrics, VERSION)
    return Router(parts.document.operations, handlers, status)


def _observer(base: Foundation) -> TrafficObserver | None:
    """Return who keeps the journal, if one is kept."""
    if base.journal is None:
        return None
    writer = JournalWriter(base.journal, Secrets(), base.clocks)
    if base.faults is not None:
        from sigmic_conformance.mock_server.journal.fault_recorder import FaultRecorder  # noqa: PLC0415 - only where faults are on

        base.faults.listen(FaultRecorder(writer).fired)
    return TrafficRecorder(writer)


def _watch(metrics: Metrics, platform: Platform, streams: OpenStreams) -> None:
    counters, heartbeats = platform.counters, platform.streams.heartbeats
    metrics.watch(
        Watched("open_streams", "Streams open now.", lambda: len(streams)),
        Watched("opened_streams", "Streams opened.", lambda: streams.opened, counter=True),
        Watched(
            "dropped_streams", "Streams of readers too far behind.", lambda: streams.dropped, counter=True
        ),
        Watched("heartbeats", "Heartbeats sent.", lambda: heartbeats.sent, counter=True),
        Watched("active_runs", "Tasks that have not finished.", lambda: platform.runs.active),
        Watched("tasks_created", "Tasks created.", lambda: counters.tasks_created, counter=True),
        Watched("messages_sent", "Follow-ups.", lambda: counters.messages_sent, counter=True),
        Watched("events", "Events, once each.", lambda: counters.events, counter=True, label="event"),
        Watched("runs_ended", "Ended runs.", lambda: counters.runs_ended, counter=True, label="status"),
        Watched("tool_calls", "Tool calls.", lambda: counters.tool_calls, counter=True, label="status"),
    )
