"""An exchange as a row of `exchanges.ndjson`: everything that explains what happened, without secrets."""

import json
from datetime import UTC, datetime
from typing import Any

from sigmic_conformance.mock_server.recording.exchange import Exchange
from sigmic_conformance.mock_server.recording.form_reader import Form
from sigmic_conformance.mock_server.recording.masking import Mask

LARGEST_BODY = 64 << 10
"""Characters of a JSON body that are stored in a row."""
MOST_EVENTS = 2_000


def row_of(exchange: Exchange, form: Form | None, mask: Mask, *, began: float) -> dict[str, Any]:
    """Return the row; `began` is the time of day in epoch seconds."""
    return {
        "exchange": exchange.number,
        "at": datetime.fromtimestamp(began, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ms": round((exchange.ended - exchange.started) * 1000, 1),
        "operation": exchange.operation.operation_id if exchange.operation is not None else None,
        "ending": exchange.ending.value if exchange.ending is not None else None,
        "request": {
            "method": exchange.method,
            "target": mask.text(exchange.target),
            "headers": mask.headers(exchange.request_headers),
            "bytes": exchange.request.total,
            **(_form(form, mask) if form is not None else _body(mask.value(exchange.request_json))),
        },
        "answer": {
            "status": exchange.status,
            "headers": mask.headers(exchange.answer_headers),
            "bytes": exchange.answer.total,
            **_answer(exchange, mask),
        },
        "findings": [finding.as_json() for finding in exchange.findings],
    }


def _form(form: Form, mask: Mask) -> dict[str, Any]:
    fields = mask.value(dict(form.fields))
    return {"fields": fields, "files": [mask.text(name) for name in form.files]}


def _answer(exchange: Exchange, mask: Mask) -> dict[str, Any]:
    if not exchange.is_stream:
        return _body(mask.value(exchange.answer_json))
    shown = mask.events(exchange.events)[:MOST_EVENTS]
    events = [
        {"ms": round((each.at - exchange.started) * 1000, 1), "event": each.name, "data": each.data}
        for each in shown
    ]
    left_out = len(exchange.events) - len(events)
    return {
        "events": events,
        "heartbeats": exchange.reader.comments,
        **({"events_left_out": left_out} if left_out else {}),
    }


def _body(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if len(json.dumps(value, ensure_ascii=False)) > LARGEST_BODY:
        return {"body_left_out": True}
    return {"body": value}
