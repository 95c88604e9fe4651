"""Answers whose status, headers, body or length is spoilt."""

from sigmic_conformance.conformance.proof import wire_edits as edit
from sigmic_conformance.conformance.proof.mutants.mutant import body, head, wire
from sigmic_conformance.conformance.proof.wire_message import Farewell

ANSWERS = (
    head("status.404-as-200", "ERROR-013", "accepted", "what is missing is a success", edit.status(404, 200)),
    head(
        "status.404-as-500",
        "ERROR-013",
        "server-error",
        "what is missing is a server error",
        edit.status(404, 500),
    ),
    head(
        "status.400-as-500",
        "HTTP-006",
        "server-error",
        "a malformed request is a server error",
        edit.status(400, 500),
    ),
    head(
        "status.201-as-200", "ENVELOPE-012", "wrong-status", "a creation answers 200", edit.status(201, 200)
    ),
    head(
        "status.200-as-400",
        "ENVELOPE-011",
        "status-contradicts-body",
        "a success has the status 400",
        edit.status(200, 400, path="/api/v1/tasks/"),
    ),
    head(
        "status.401-as-403",
        "ERROR-001",
        "wrong-status",
        "a caller without key is forbidden",
        edit.status(401, 403),
    ),
    head(
        "header.www-authenticate-lost",
        "AUTH-014",
        "no-challenge",
        "no challenge",
        edit.header("WWW-Authenticate", None),
    ),
    head("header.allow-lost", "HTTP-001", "no-allow", "405 without Allow", edit.header("Allow", None)),
    head("header.date-lost", "HTTP-021", "no-date", "no Date", edit.header("Date", None)),
    head(
        "header.html",
        "ENVELOPE-014",
        "wrong-type",
        "JSON is labelled text/html",
        edit.header("Content-Type", "text/html", stream=False),
    ),
    head(
        "header.request-id-same",
        "ENVELOPE-017",
        "no-request-id",
        "all request ids are the same",
        edit.header("X-Request-Id", "r-1"),
    ),
    head(
        "header.cache-control-lost",
        "ENVELOPE-018",
        "may-be-stored",
        "JSON may be stored",
        edit.header("Cache-Control", None, stream=False),
    ),
    body(
        "envelope.no-success",
        "ENVELOPE-001",
        "no-envelope",
        "success is missing",
        edit.envelope(lambda body: body.__delitem__("success"), refusal=False),
    ),
    body(
        "envelope.no-code",
        "ENVELOPE-002",
        "no-envelope",
        "a refusal without a code",
        edit.envelope(lambda body: body["error"].pop("code"), refusal=True),
    ),
    body(
        "envelope.error-as-text",
        "ENVELOPE-002",
        "no-envelope",
        "the error is a string",
        edit.envelope(lambda body: body.update(error="no"), refusal=True),
    ),
    body(
        "envelope.code-in-words",
        "ENVELOPE-004",
        "wrong-form",
        "codes are lower-case words",
        edit.envelope(lambda body: body["error"].update(code="not found"), refusal=True),
    ),
    body(
        "envelope.stack-trace",
        "ENVELOPE-016",
        "internals-leaked",
        "refusals show a stack trace",
        edit.envelope(
            lambda body: body["error"].update(
                message='Traceback (most recent call last):\n  File "/srv/app/main.py", line 3'
            ),
            refusal=True,
        ),
    ),
    body(
        "body.invalid-utf-8",
        "ENVELOPE-015",
        "not-json",
        "a byte that is no UTF-8",
        edit.bytes_of(rb'"success"', b'"x\xff":1,"success"'),
    ),
    body(
        "body.bom",
        "ENVELOPE-015",
        "not-json",
        "a byte order mark before JSON",
        edit.bytes_of(rb"^\{", b"\xef\xbb\xbf{"),
    ),
    body("body.two-values", "ENVELOPE-015", "not-json", "two JSON values", edit.bytes_of(rb"\}$", b"}{}")),
    body(
        "body.truncated-json",
        "ENVELOPE-015",
        "not-json",
        "JSON without its last brace",
        edit.bytes_of(rb"\}$", b""),
    ),
    body(
        "body.swapped", "GET-001", "other-id", "another task's body", edit.of_another_task, "creation_fields"
    ),
    body(
        "body.id-reused",
        "CREATE-005",
        "id-reused",
        "every creation has the id of the first",
        edit.same_id,
        "creation_fields",
    ),
    body("body.bit-flipped", "UPLOAD-010", "bytes-differ", "a bit of a download is flipped", edit.flipped),
    wire("length.too-great", "HTTP-004", "wrong-length", "fewer bytes than announced", edit.length(5)),
    wire("length.too-small", "HTTP-004", "wrong-length", "more bytes than announced", edit.length(-5)),
    wire(
        "length.beside-chunks", "HTTP-004", "wrong-length", "a wrong length beside chunks", edit.both_framings
    ),
    wire(
        "body.cut",
        "HTTP-004",
        "wrong-length",
        "an answer ends in the middle",
        edit.broken_off(0.5, Farewell.CLOSE),
    ),
    wire(
        "head.with-body", "HTTP-002", "body-after-head", "the answer to HEAD has a body", edit.body_after_head
    ),
)
