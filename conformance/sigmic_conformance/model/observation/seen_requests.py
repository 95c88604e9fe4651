"""Requests in an observation: their content and the answer to it."""

from sigmic_conformance.model.callers import VIEWER, Key
from sigmic_conformance.model.observation.seen import Seen
from sigmic_conformance.model.operations import SAY
from sigmic_conformance.model.page import LARGEST
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Findings, says
from sigmic_conformance.model.requests import Asked, query_of
from sigmic_conformance.model.workspace import is_plain, is_plain_archive
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange
from sigmic_spec.plural import plural

LONGEST = 10_000


MOST_FILES, MOST_BYTES = 20, 50_000_000


DENIALS = frozenset({400, 403, 404, 409, 410, 413, 415, 422, 500, None})
"""The statuses that say that a request is not accepted; None is one that is never answered."""


UNSUPPORTED = 415


def speaks_of_the_state(seen: Seen) -> bool:
    """Whether a running task refused a message as such: the order of validation is not documented."""
    at_work = seen.operation == SAY and seen.task is not None and seen.rest is None
    return at_work and seen.exchange.code == "CONFLICT"


def why_not_refused(exchange: Exchange, status: int | None = None) -> str | None:
    """The reason code of an answer that should be a refusal with this status; None if it is one."""
    if not exchange.refused:
        return "accepted" if exchange.succeeded else "server-error"
    return "wrong-status" if status not in {None, exchange.status} else None


def is_refused_as(seen: Seen, known: str, *, status: int | None = None, code: str | None = None) -> Findings:
    """The request is refused with this status and code, if given."""
    if seen.was_decided and not speaks_of_the_state(seen):
        exchange = seen.exchange
        holds = exchange.refused and status in {None, exchange.status} and code in {None, exchange.code}
        yield says(holds, known, summary(exchange), reason=why_not_refused(exchange))


def is_viewer(seen: Seen) -> bool:
    """True for the API key of a viewer."""
    return seen.caller.owner == Key(VIEWER)


def wrong_page(seen: Seen) -> str | None:
    """What is wrong with the page in a valid caller's request, or None."""
    query = query_of(seen.exchange.sent)
    for name, low, high in (("limit", 1, LARGEST), ("offset", 0, 1 << 53)):
        value = query.get(name)
        if value is None or seen.caller.owner is None:
            continue
        plain = value.isascii() and value.isdecimal()
        if not plain or not low <= int(value) <= high:
            return f"{name}={value}"
    return None


def is_lawful(file: SentFile) -> bool:
    """Whether every target must accept a file: a plain one, or an archive of plain ones (ZIP-001)."""
    return (is_plain(file) or is_plain_archive(file)) and 0 < file.size <= MOST_BYTES


def is_sound(body: Asked, names: frozenset[str]) -> bool:
    """Whether a body has a message, documented fields of documented types, and lawful files."""
    text = body.message
    # The documentation does not say which characters besides spaces are blank (G-11).
    said = text is not None and len(text) <= LONGEST and any(map(str.isalnum, text))
    if not said or set(body.fields) - names:
        return False
    flags = all(isinstance(body.fields.get(name, True), bool) for name in ("autoExecute", "showInHistory"))
    prompt = isinstance(body.fields.get("systemPrompt", ""), str)
    lawful = len(body.files) <= MOST_FILES and all(map(is_lawful, body.files))
    return flags and prompt and lawful


def is_accepted(seen: Seen, known: str) -> Findings:
    """A valid caller's complete request is not refused as invalid or impossible."""
    encoded = any(name.lower() == "content-encoding" for name, _ in seen.exchange.sent.headers)
    sound = seen.exchange.sent.whole and not encoded and not seen.from_elsewhere
    if seen.caller.owner in {None, Key(VIEWER)} or not sound:
        return
    if seen.exchange.succeeded or seen.exchange.status in DENIALS:
        yield says(seen.exchange.succeeded, known, summary(seen.exchange))


def may_be_large(seen: Seen) -> bool:
    """Whether a front end may have its own limit for a body of this size (G-27)."""
    return seen.exchange.sent.size > 1 << 20


def form_accepted(seen: Seen) -> Findings:
    """A form is not refused as an unsupported media type, whatever its files are called."""
    body = seen.body
    said = body.known and body.message is not None and seen.caller.owner not in {None, Key(VIEWER)}
    if said and body.files and (seen.exchange.succeeded or seen.exchange.status == UNSUPPORTED):
        yield says(
            seen.exchange.succeeded,
            f"it is a form with {plural(len(body.files), 'file')}",
            summary(seen.exchange),
        )


def not_accepted(seen: Seen, known: str) -> Findings:
    """The request is not accepted; another row checks a server that does not answer."""
    if seen.was_answered:
        yield says(not seen.exchange.succeeded, known, summary(seen.exchange))


def without_message(body: Asked) -> bool:
    """True for a body that is known to have no message."""
    return body.known and "message" not in body.fields
