"""The two request bodies of the independent target, JSON and form, read into fields and uploaded files."""

import json
import re
from email.message import Message
from urllib.parse import parse_qs

from tests.conformance.targets.refusal import Refusal, bad
from tests.conformance.targets.tokens import variables

Parts = list[tuple[str, bytes]]
BOOLEANS = ("showInHistory", "autoExecute")


def read_json(body: bytes) -> object:
    """The value of a JSON body; Refusal."""
    try:
        value = json.loads(body.decode("utf-8"))
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise bad("The body is not valid JSON") from error
    return value


def read_fields(content_type: str, body: bytes) -> tuple[dict, Parts]:
    """Fields and files of a request with a message; Refusal for what cannot be taken."""
    parsed = Message()
    parsed["Content-Type"] = content_type
    kind = parsed.get_content_type()
    if kind == "multipart/form-data":
        fields, parts = read_multipart(parsed.get_param("boundary"), body)
    elif kind == "application/x-www-form-urlencoded":
        fields, parts = {key: values[0] for key, values in parse_qs(body.decode("latin-1")).items()}, []
    elif kind == "application/json":
        return checked(read_json(body)), []
    else:
        raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")
    if "env" in fields or "secrets" in fields:
        raise bad("env and secrets need application/json")
    for name in set(BOOLEANS) & set(fields):
        if fields[name].lower() not in ("true", "false"):
            raise bad(f"{name} must be true or false")
        fields[name] = fields[name].lower() == "true"
    return checked(fields), parts


def checked(fields: object) -> dict:
    """Fields of a creation or a follow-up, with their types checked."""
    if not isinstance(fields, dict):
        raise bad("The body must be an object")
    if not isinstance(fields.get("message"), str) or not fields["message"].strip():
        raise bad("message is required")
    if not isinstance(fields.get("systemPrompt"), str | None):
        raise bad("systemPrompt must be a string")
    if any(not isinstance(fields.get(name, True), bool) for name in BOOLEANS):
        raise bad("A boolean field is not a boolean")
    for name in ("env", "secrets"):
        if fields.get(name) is not None:
            fields[name] = variables(fields[name])
    return fields


def read_multipart(boundary: object, body: bytes) -> tuple[dict, Parts]:
    """Text fields and parts named `files`; Refusal for a form that is cut or broken."""
    if not isinstance(boundary, str) or not boundary:
        raise bad("The form has no boundary")
    mark = b"--" + boundary.encode("latin-1")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise bad("The form is not complete")
    fields: dict = {}
    parts: Parts = []
    for piece in pieces[1:-1]:
        head, found, content = piece.partition(b"\r\n\r\n")
        name = re.search(rb'\bname="([^"]*)"', head)
        file = re.search(rb'\bfilename="((?:[^"\\]|\\.)*)"', head)
        if not found or name is None:
            raise bad("A part of the form is broken")
        if file is None:
            fields[name[1].decode()] = text(content)
        elif name[1] == b"files":
            parts.append((text(file[1]).replace("%22", '"').replace("\\\\", "\\"), content))
        else:
            raise bad("Files are sent in parts named files")
    return fields, parts


def text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise bad("A part of the form is not UTF-8") from error
