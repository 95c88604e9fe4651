"""Generate requests from the contract with Schemathesis: which requests, phases and checks.

It sends traffic and reports findings; verdicts come from the transcripts (`judging`). As with walks, nothing
is shrunk: a smaller example would cost a model's time again (docs/adr/0012).
"""

import copy
from collections.abc import Iterator
from typing import Any

from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.run import PhaseName
from schemathesis.specs.openapi.schemas import OpenApiSchema

from sigmic_conformance.conformance.explore.request_budget import PARTS, RequestBudget
from sigmic_conformance.conformance.explore.scope import Scope
from sigmic_conformance.conformance.explore.sender import STREAM_EVENTS, Sender
from sigmic_conformance.conformance.explore.transport import RecordingTransport
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.document import Document

DOWNLOAD = "/api/v1/tasks/{id}/artifacts/download"
SKIPPED_CHECKS = ("use_after_free", "status_code_conformance", "not_a_server_error")
"""DELETE cancels without deleting (X-20); rows decide about each 2xx or 4xx; 5xx belongs to HTTP-006."""
FORM = "multipart/form-data"
URL_ENCODED = "application/x-www-form-urlencoded"
UNDECLARED = ("PUT", "PATCH")
"""Undeclared methods: two are tried on each path, because the generator's eight would use up the budget."""
MOST_EXAMPLES = 1000
"""The most examples of one operation; the budget ends earlier."""
TEXT_FIELDS = ("message", "systemPrompt")


def generate(
    scope: Scope, profile: Profile, key: str, *, sender: Sender, budget: RequestBudget
) -> Iterator[str]:
    """Send everything that the budget allows; yield errors of the generator itself."""
    schema = _schema(scope, profile, key, RecordingTransport(sender, profile.base_url))
    stream = from_schema(schema).execute()
    for event in stream:
        match event:
            case events.PhaseStarted() if event.phase.name.value in PARTS:
                budget.begin(event.phase.name.value, operations=len(scope.operations))
                sender.begin(event.phase.name.value)
            case events.ScenarioFinished():
                _take_testimony(event, sender)
            case events.FatalError():
                yield f"{type(event.exception).__name__}: {event.exception}"
            case events.NonFatalError() if _is_ours(event):
                yield f"{event.label}: {event.info.title}: {event.info.message}"
            case _:
                pass
        if (budget.is_spent or sender.gone) and not event.is_terminal:
            stream.stop()


def _take_testimony(event: events.ScenarioFinished, sender: Sender) -> None:
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.status is Status.FAILURE and check.failure_info is not None:
                failure = check.failure_info.failure
                sender.testify(failure.case_id or case, check.name, f"{failure.title}: {failure.message}")


def _is_ours(event: events.NonFatalError) -> bool:
    """True for an error of the generator; a target that does not answer is in the transcripts."""
    import requests

    return not isinstance(event.value, requests.RequestException) and event.phase is not PhaseName.PROBING


def _schema(scope: Scope, profile: Profile, key: str, transport: RecordingTransport) -> OpenApiSchema:
    raw = _contract(profile)
    config = SchemathesisConfig.from_dict(_settings(scope, profile, key))
    kind = type("Recorded", (OpenApiSchema,), {"transport": transport})
    whole = kind(raw_schema=raw, config=config.projects.get(raw))
    schema = whole.include(operation_id=list(scope.operations))
    schema.hooks.hook("filter_case")(_says_something)
    if not schema.statistic.transitions.selected:
        schema.config.phases.stateful.enabled = False
    return schema  # type: ignore[no-any-return] # the class was created a line above


def _contract(profile: Profile) -> dict[str, Any]:
    """A copy of the document that Schemathesis may change, with the target's own download path.

    URL-encoded forms are left out: a target may accept or refuse them (G-06). Bodies are in reverse order,
    because the generator starts with the last: JSON, the most useful, comes first.
    """
    raw: dict[str, Any] = copy.deepcopy(dict(Document.load().tree))
    raw["paths"][profile.artifact_download_path] = raw["paths"].pop(DOWNLOAD)
    for item in raw["paths"].values():
        for operation in item.values():
            body = operation.get("requestBody") if isinstance(operation, dict) else None
            if body is not None:
                kept = {kind: each for kind, each in body["content"].items() if kind != URL_ENCODED}
                body["content"] = dict(reversed(kept.items()))
    return raw


def _settings(scope: Scope, profile: Profile, key: str) -> dict[str, Any]:
    drawn = {
        "max-examples": MOST_EXAMPLES,
        "no-shrink": True,
        "database": "none",
        "unique-inputs": True,
        "with-security-parameters": False,
    }
    # A refused step ends the sequence: along links only valid requests are sent.
    phases: dict[str, Any] = {"stateful": {"generation": drawn | {"mode": "positive"}}}
    phases["coverage"] = {"unexpected-methods": [] if profile.read_only else list(UNDECLARED)}
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
    """False for a form that was drawn as invalid but is valid when it is sent.

    A field that is an empty list is sent as no part, and a number in place of text as its digits.
    """
    if case.media_type != FORM or not isinstance(case.body, dict):
        return True
    as_text = any(not isinstance(case.body.get(name, ""), str | list) for name in TEXT_FIELDS)
    return not as_text and all(value != [] for value in case.body.values())
