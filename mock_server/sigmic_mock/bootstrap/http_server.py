"""Assembles the HTTP server of a platform."""

from sigmic_mock.bootstrap.infrastructure import Foundation
from sigmic_mock.bootstrap.run_report import RunReport
from sigmic_mock.http.access_log import AccessLog
from sigmic_mock.http.app import App
from sigmic_mock.http.authentication import Authenticator
from sigmic_mock.http.context import Services
from sigmic_mock.http.cors import Cors
from sigmic_mock.http.event_stream import OpenStreams
from sigmic_mock.http.fields import UploadSpace
from sigmic_mock.http.handlers import HANDLERS
from sigmic_mock.http.health import status_routes
from sigmic_mock.http.local_names import LocalNames
from sigmic_mock.http.metrics import Metrics, Watched
from sigmic_mock.http.mount import Mounts
from sigmic_mock.http.response_check import ResponseCheck
from sigmic_mock.http.routing import Router
from sigmic_mock.http.server import HttpServer
from sigmic_mock.journal.recorder import TrafficRecorder
from sigmic_mock.journal.writer import JournalWriter
from sigmic_mock.runtime.ids import RandomIds
from sigmic_mock.service.platform import Platform
from sigmic_mock.version import VERSION
from sigmic_spec.document import Document


def http_server(
    base: Foundation,
    platform: Platform,
    document: Document,
    *,
    uploads: UploadSpace,
    mounts: Mounts,
    journal: JournalWriter | None,
    report: RunReport | None,
) -> HttpServer:
    """Assemble a server, not yet listening. `journal` is the developer's, if it is on."""
    settings, metrics = base.settings, Metrics()
    check = ResponseCheck(document) if settings.check_responses else None
    # The name that it listens on is its own.
    names = LocalNames(is_loopback=settings.is_loopback, added=(*settings.allow_host, settings.host))
    status = status_routes(lambda: base.backend.report, metrics, VERSION)
    streams = OpenStreams(None if check is None else check.check_frames)
    _watch(metrics, base, platform, streams)
    return HttpServer(
        App(
            services=Services(platform=platform, document=document, open_streams=streams, uploads=uploads),
            router=Router(document.operations, HANDLERS, status, mounts.suggested),
            mounts=mounts,
            ids=RandomIds(),
            clocks=base.clocks,
            names=names,
            cors=Cors(platform.accounts, names, *_fault_headers(base, platform, uploads, journal)),
            authenticator=Authenticator(platform.accounts),
            access_log=AccessLog(metrics, None if report is None else report.ended),
            check=check,
            observer=None if journal is None else TrafficRecorder(journal),
        )
    )


def _fault_headers(
    base: Foundation, platform: Platform, uploads: UploadSpace, journal: JournalWriter | None
) -> tuple[str, ...]:
    """Give the faults their sources and their report; return the headers that ask for faults."""
    faults, settings = base.faults, base.settings
    if faults is None:
        return ()
    # Not loaded without faults.
    from sigmic_mock.faults.grammar import HEADER
    from sigmic_mock.faults.situation import Situations
    from sigmic_mock.journal.fault_recorder import FaultRecorder

    faults.situations = Situations(platform.streams.timelines, uploads.limits)
    if journal is not None:
        faults.listen(FaultRecorder(journal).fired)
    if not settings.header_faults:
        return ()
    faults.read_headers()
    return (HEADER,)


def _watch(metrics: Metrics, base: Foundation, platform: Platform, streams: OpenStreams) -> None:
    """Add the platform's counters to the metrics."""
    pauses = base.watchdog.pauses
    counters, heartbeats = platform.counters, platform.streams.heartbeats
    metrics.watch(
        Watched("open_streams", "Streams open now.", lambda: len(streams)),
        Watched("opened_streams", "Streams opened.", lambda: streams.opened, counter=True),
        Watched(
            "dropped_streams", "Streams of readers too far behind.", lambda: streams.dropped, counter=True
        ),
        Watched("heartbeats", "Heartbeats sent.", lambda: heartbeats.sent, counter=True),
        Watched("active_runs", "Tasks that have not finished.", lambda: platform.turns.active),
        Watched("tasks_created", "Tasks created.", lambda: counters.tasks_created, counter=True),
        Watched("messages_sent", "Follow-ups.", lambda: counters.messages_sent, counter=True),
        Watched("events", "Events, once each.", lambda: counters.events, counter=True, label="event"),
        Watched("runs_ended", "Ended runs.", lambda: counters.runs_ended, counter=True, label="status"),
        Watched("tool_calls", "Tool calls.", lambda: counters.tool_calls, counter=True, label="status"),
        Watched(
            "loop_pauses",
            "Pauses of the event loop over 50 ms, by what ran.",
            lambda: {operation: each.count for operation, each in pauses.items()},
            counter=True,
            label="operation",
        ),
        Watched(
            "loop_pause_longest_seconds",
            "The longest pause of the event loop, by what ran.",
            lambda: {operation: each.longest for operation, each in pauses.items()},
            label="operation",
        ),
        Watched(
            "loop_pause_longest_cpu_seconds",
            "Processor time of the event loop in that pause: little of it on a busy machine.",
            lambda: {operation: each.cpu for operation, each in pauses.items()},
            label="operation",
        ),
    )
