"""The HTTP server of a platform that may misbehave. Not imported without faults."""

from functools import partial

from sigmic_conformance.mock_server.bootstrap.faulty_services import FaultyServiceLayer
from sigmic_conformance.mock_server.bootstrap.http_server import (
    ServerParts,
    local_names,
    response_check,
    router,
    watch,
)
from sigmic_conformance.mock_server.faults.behaviour.app import HEADER, FaultyApp, HeaderFaultApp
from sigmic_conformance.mock_server.faults.behaviour.authentication import FaultyAuthenticator
from sigmic_conformance.mock_server.faults.behaviour.connection import FaultyConnectionFactory
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyServices
from sigmic_conformance.mock_server.faults.behaviour.cors import FaultyCors
from sigmic_conformance.mock_server.faults.behaviour.event_stream import FaultyEventStream
from sigmic_conformance.mock_server.faults.situation import Situations
from sigmic_conformance.mock_server.http.access_log import AccessLog
from sigmic_conformance.mock_server.http.event_stream import OpenStreams
from sigmic_conformance.mock_server.http.metrics import Metrics
from sigmic_conformance.mock_server.http.server import HttpServer
from sigmic_conformance.mock_server.journal.fault_recorder import FaultRecorder
from sigmic_conformance.mock_server.journal.recorder import TrafficRecorder
from sigmic_conformance.mock_server.runtime.ids import RandomIds


def faulty_http_server(layer: FaultyServiceLayer, parts: ServerParts) -> HttpServer:
    """Put a server with faults together, not yet listening."""
    faults = layer.faults
    accounts, metrics, check = parts.platform.accounts, Metrics(), response_check(parts)
    names = local_names(parts)
    by_header = parts.base.settings.header_faults
    situations = Situations(layer.timelines, parts.uploads.limits)
    faults.ask_situations_of(situations)
    app = (HeaderFaultApp if by_header else FaultyApp)(
        services=FaultyServices(
            platform=parts.platform,
            document=parts.document,
            streams=OpenStreams(None if check is None else check.check_frames, FaultyEventStream),
            uploads=parts.uploads,
            faults=faults,
            situations=situations,
            tasks=layer.tasks,
            tools=layer.tools,
            accounts=layer.accounts,
            background=parts.base.background,
        ),
        router=router(parts, metrics),
        mounts=parts.mounts,
        ids=RandomIds(),
        clocks=parts.base.clocks,
        names=names,
        cors=FaultyCors(accounts, names, faults, *((HEADER,) if by_header else ())),
        authenticator=FaultyAuthenticator(layer.accounts, faults),
        access_log=AccessLog(metrics),
        check=check,
        observer=None if parts.journal is None else TrafficRecorder(parts.journal),
    )
    if parts.journal is not None:
        faults.listen(FaultRecorder(parts.journal).fired)
    watch(metrics, parts, app.services.streams)
    return HttpServer(app, partial(FaultyConnectionFactory, faults))
