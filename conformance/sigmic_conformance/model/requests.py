"""Parse a request: the operation that its method and path name, and its body. Pure.

Both come from the bytes that were sent, not from the name that a probe gives the request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Exchange, Sent
from sigmic_spec.document import Document

KEPT_TEXT = 16_384
"""Recorded bytes of a body; a longer one is truncated."""
_PATHS = {
    (operation.method, operation.path): name
    for name, operation in Document.load().operations.items()
    if name != "download_artifact"
}
"""Those of the document, except a path that a target may choose."""
_PARTS = {"{id}": r"(?!(?:\.|%2[eE]){1,2}(?:/|$))(?:(?!%2[fF]|%5[cC])[^/])+", "{callId}": "[^/]+"}
"""Pattern of each path parameter. A task id that decodes to another path matches no operation, because many
frameworks decode before they route. A call id may contain a slash."""
_PART = re.compile(r"([\w-]+)(=|: )(.*)", re.DOTALL)
_FILE = re.compile(r"(.*) \((\d+) bytes\)", re.DOTALL)
_DISPOSITION = re.compile(
    r'content-disposition:[^\r\n]*?\bname="([^"]*)"(?:[^\r\n]*?\bfilename="([^"]*)")?', re.IGNORECASE
)
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)


class Certainty(StrEnum):
    """Whether the target accepted a request that changes something."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # no answer, or a server error: it may have been acted on


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A request of a client that changes a task; `certainty` says whether the target accepted it."""

    exchange: Exchange
    certainty: Certainty

    @property
    def sent(self) -> int:
        """When the request began."""
        return self.exchange.started

    @property
    def answered(self) -> int:
        """When its answer was complete."""
        return self.exchange.ended


def certainty(exchange: Exchange) -> Certainty:
    """Whether a request took effect, according to its answer."""
    if exchange.succeeded:
        return Certainty.ACCEPTED
    return Certainty.REFUSED if exchange.refused else Certainty.UNKNOWN


class Form(StrEnum):
    """The form of a body that sends a message, by the values of the dimension `body`."""

    JSON = "json"
    MESSAGE_FIRST = "message_first"
    FILES_FIRST = "files_first"
    URLENCODED = "urlencoded"


@dataclass(frozen=True)
class Asked:
    """Content of a body. `known` is False if the body was not recorded completely, or is malformed.

    Only a form with files has a `form`: forms are distinguished by the position of their files.
    """

    form: Form | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[SentFile, ...] = ()
    known: bool = False

    @cached_property
    def message(self) -> str | None:
        """The message, if it is known and comparable with what is shown; one with half a character is not."""
        said = self.fields.get("message") if self.known else None
        return said if isinstance(said, str) and _is_text(said) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage(Act):
    """A message that a client sent, with its creation or as a follow-up."""

    asked: Asked

    @property
    def is_follow_up(self) -> bool:
        """True for a message to an existing task."""
        return bool(self.exchange.task)

    def is_shown_as(self, content: object) -> bool:
        """Whether a user's message of this content is this one; a list of files may precede it (G-33)."""
        text = self.asked.message
        if text is None or not isinstance(content, str):
            return False
        if text.strip() and (self.asked.files or not self.asked.known):
            return text.strip() in content
        return content.strip() == text.strip()


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in value


def operation_of(sent: Sent, download_path: str) -> str | None:
    """The documented operation of a request, from its method and path; None for any other request."""
    path = sent.target.partition("?")[0]
    if sent.method == "GET" and _pattern(download_path).fullmatch(path):
        return "download_artifact"
    return next(
        (
            operation
            for (method, template), operation in _PATHS.items()
            if method == sent.method and _pattern(template).fullmatch(path)
        ),
        None,
    )


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pieces = re.split(r"(\{\w+\})", template)
    return re.compile("".join(_PARTS.get(piece) or re.escape(piece) for piece in pieces))


def call_of(sent: Sent) -> str:
    """The callId in the path of an approval, decoded."""
    return unquote(sent.target.partition("?")[0].split("/")[-2])


def query_of(sent: Sent) -> dict[str, str]:
    """The query of a request; of a repeated name the last value."""
    return dict(parse_qsl(sent.target.partition("?")[2], keep_blank_values=True))


def media_type(sent: Sent) -> str:
    """The media type of a request's body in lower case without its parameters; empty if there is none."""
    return (sent.header("content-type") or "").partition(";")[0].strip().lower()


@lru_cache(maxsize=256)
def asked(sent: Sent) -> Asked:
    """The content of a request's body, by its content type. Cached, because many checks need the same one."""
    media = media_type(sent)
    if media == "multipart/form-data":
        if sent.parts:
            return _form(sent.parts, sent.files)
        return _written_form(sent, sent.header("content-type") or "")
    if sent.text is None or _is_cut(sent.text):
        return Asked()
    if media == "application/json":
        try:
            value = json_values.read(sent.text)
        except ValueError:
            return Asked()
        return Asked(Form.JSON, value, known=True) if isinstance(value, dict) else Asked()
    if media == "application/x-www-form-urlencoded":
        return Asked(Form.URLENCODED, _typed(dict(parse_qsl(sent.text, keep_blank_values=True))), known=True)
    return Asked()


def json_value(sent: Sent) -> tuple[bool, Any]:
    """Whether a body is labelled JSON and recorded completely, and its value; Ellipsis if it is invalid."""
    if media_type(sent) != "application/json" or sent.text is None or not sent.whole:
        return False, ...
    size = len(sent.text.encode(errors="replace"))
    if size >= KEPT_TEXT:
        return False, ...
    if sent.size != size:
        # It had bytes that are not UTF-8, which JSON requires (RFC 8259).
        return "\ufffd" in sent.text and "[secret:" not in sent.text, ...
    try:
        return True, json_values.read(sent.text)
    except json_values.TooDeep:
        return False, ...
    except ValueError:
        return True, ...


def _is_cut(text: str) -> bool:
    """Whether a recorded body may lack its end, or had bytes that cannot be stored as text."""
    return len(text.encode(errors="replace")) >= KEPT_TEXT or "\ufffd" in text


def _form(parts: tuple[str, ...], digests: tuple[SentFile, ...]) -> Asked:
    """Parse a form from the descriptions of its parts, in their order."""
    fields: dict[str, str] = {}
    files: list[SentFile] = []
    order: list[str] = []
    for part in parts:
        told = _PART.fullmatch(part)
        if told is None:
            return Asked()
        name, mark, rest = told.groups()
        if mark == "=":
            fields[name] = rest
            order.append(name)
            continue
        file = _FILE.fullmatch(rest)
        if file is None or name != "files":
            return Asked()
        order.append("files")
        files.append(SentFile(file[1], int(file[2])))
    if len(digests) == len(files):
        files = list(digests)
    return Asked(_order(order), _typed(fields), tuple(files), known=True)


def _written_form(sent: Sent, kind: str) -> Asked:
    """Parse a completely recorded form with nothing around its parts; not every parser accepts a preamble."""
    boundary = _BOUNDARY.search(kind)
    if boundary is None or sent.text is None or _is_cut(sent.text):
        return Asked()
    pieces = sent.text.split(f"--{boundary[1]}")
    around = (pieces[0], pieces[-1].removesuffix("\r\n"))
    if len(pieces) < 3 or around != ("", "--"):  # noqa: PLR2004  before, between, after
        return Asked()
    fields: dict[str, str] = {}
    files: list[SentFile] = []
    order: list[str] = []
    for piece in pieces[1:-1]:
        head, gap, body = piece.partition("\r\n\r\n")
        told = _DISPOSITION.search(head)
        if told is None or not gap or not body.endswith("\r\n"):
            return Asked()
        name, file = told.groups()
        order.append(name)
        if file is None:
            fields[name] = body[:-2]
        elif name == "files":
            files.append(SentFile.of(file, body[:-2].encode()))
        else:
            return Asked()
    return Asked(_order(order), _typed(fields), tuple(files), known=True)


def _order(names: list[str]) -> Form | None:
    if "files" not in names or "message" not in names:
        return None
    return Form.MESSAGE_FIRST if names.index("message") < names.index("files") else Form.FILES_FIRST


def _typed(fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a form with `true` and `false` as booleans where a boolean belongs (CREATE-020)."""
    booleans = {"true": True, "false": False}
    return {
        name: booleans.get(value, value) if name in {"autoExecute", "showInHistory"} else value
        for name, value in fields.items()
    }


def is_well_formed(operation: str, exchange: Exchange) -> bool:
    """Whether the content of a request is valid, so only the caller can be a reason to refuse it (G-98)."""
    body = asked(exchange.sent)
    match operation:
        case "create_task" | "send_message":
            return body.message is not None and body.message.strip() != ""
        case "approve_tool_call":
            return body.known and isinstance(body.fields.get("outcome"), str)
        case "download_artifact":
            return bool(query_of(exchange.sent).get("path"))
        case "list_tasks":
            return all(value.isdecimal() for value in query_of(exchange.sent).values())
        case _:
            return True
