"""Schemathesis over the contract: what it draws, in which phases, with which of its checks.

It makes traffic and testifies; verdicts come from the bytes (`judging`). As with walks nothing is shrunk: a smaller
example would cost a model's time again (docs/adr/0012).
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.run import PhaseName
from schemathesis.specs.openapi.schemas import OpenApiSchema

from conformance.explore.allowance import PARTS, Allowance
from conformance.explore.sender import STREAM_EVENTS, Sender
from conformance.explore.transport import RecordingTransport
from conformance.target import Profile
from spec.document import Document

DOWNLOAD = "/api/v1/tasks/{id}/artifacts/download"
CAPABILITY = {
    "create_token": "widget",
    "list_artifacts": "artifacts",
    "download_artifact": "artifacts",
    "approve_tool_call": "approvals",
}
"""Operations that belong to a capability which a profile can deny."""
SKIPPED_CHECKS = ("use_after_free", "status_code_conformance", "not_a_server_error")
"""DELETE cancels and keeps (X-20); which 2xx or 4xx it is was decided row by row; 5xx is HTTP-006's, from the bytes."""
FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What to explore: operations by name, and the seed."""

    operations: tuple[str, ...]
    seed: int


def explorable(profile: Profile, wanted: Iterable[str] = ()) -> tuple[str, ...]:
    """The operations to explore: those wanted, or all, that the target has and the profile allows."""
    known = Document.load().operations
    chosen = set(wanted) or set(known)
    return tuple(
        name
        for name, operation in known.items()
        if name in chosen
        and (operation.method == "GET" or not profile.read_only)
        and (name not in CAPABILITY or profile.offers(CAPABILITY[name]))
    )


def generate(
    scope: Scope, profile: Profile, key: str, *, sender: Sender, allowance: Allowance
) -> Iterator[str]:
    """Send everything that the allowance allows; yield what went wrong in the generator itself."""
    schema = _schema(scope, profile, key, RecordingTransport(sender, profile.base_url))
    stream = from_schema(schema).execute()
    for event in stream:
        match event:
            case events.PhaseStarted() if event.phase.name.value in PARTS:
                allowance.begin(event.phase.name.value, operations=len(scope.operations))
                sender.begin(event.phase.name.value)
            case events.ScenarioFinished():
                _take_testimony(event, sender)
            case events.FatalError():
                yield f"{type(event.exception).__name__}: {event.exception}"
            case events.NonFatalError() if _is_ours(event):
                yield f"{event.label}: {event.info.title}: {event.info.message}"
            case _:
                pass
        if (allowance.is_spent or sender.gone) and not event.is_terminal:
            stream.stop()


def _take_testimony(event: events.ScenarioFinished, sender: Sender) -> None:
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                sender.testify(failure.case_id or case, check.name, f"{failure.title}: {failure.message}")


def _is_ours(event: events.NonFatalError) -> bool:
    """True for a fault of the generator; a target that does not answer is in the transcripts."""
    import requests  # noqa: PLC0415 - loaded by Schemathesis already

    return not isinstance(event.value, requests.RequestException) and event.phase is not PhaseName.PROBING


def _schema(
    scope: Scope, profile: Profile, key: str, transport: RecordingTransport
) -> OpenApiSchema:
    raw = _contract(profile)
    config = SchemathesisConfig.from_dict(_settings(scope, profile, key))
    kind = type("Recorded", (OpenApiSchema,), {"transport": transport})
    whole = kind(raw_schema=raw, config=config.projects.get(raw))
    schema = whole.include(operation_id=list(scope.operations))
    schema.hooks.hook("filter_case")(_says_something)
    return schema  # type: ignore[no-any-return]  # the class was made a line above


def _contract(profile: Profile) -> dict[str, Any]:
    """A copy of the document that Schemathesis may change, with the target's own path of downloads."""
    raw: dict[str, Any] = copy.deepcopy(dict(Document.load().tree))
    raw["paths"][profile.artifact_download_path] = raw["paths"].pop(DOWNLOAD)
    return raw


def _settings(scope: Scope, profile: Profile, key: str) -> Mapping[str, Any]:
    drawn = {"max-examples": 1000, "no-shrink": True, "database": "none", "with-security-parameters": False}
    phases = {"coverage": {"unexpected-methods": []}} if profile.read_only else {}
    return {
        "seed": scope.seed,
        "base-url": profile.base_url,
        "cache": {"enabled": False},
        "workers": 1,
        "continue-on-failure": True,
        "max-redirects": 0,
        "max-stream-events": STREAM_EVENTS,
        "generation": drawn,
        "auth": {"openapi": {"ApiKeyBearer": {"bearer": key}}},
        "checks": {name: {"enabled": False} for name in SKIPPED_CHECKS},
        "phases": phases,
    }


def _says_something(_: Any, case: Any) -> bool:
    """False for a case that says nothing once it is on the wire: a form field that is an empty list is no part."""
    return not (
        case.media_type in FORMS
        and isinstance(case.body, dict)
        and any(value == [] for value in case.body.values())
    )
