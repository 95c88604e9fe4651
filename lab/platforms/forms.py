"""Parse request bodies of the independent target, JSON and two kinds of form, into fields and files."""

import json
import re
from collections.abc import Iterable, Iterator
from email.message import Message
from typing import NamedTuple
from urllib.parse import parse_qs

from lab.platforms.refusal import Refusal, bad
from lab.platforms.tokens import variables

Uploads = list[tuple[str, bytes]]
BOOLEANS = ("showInHistory", "autoExecute")


class Piece(NamedTuple):
    """One part of a multipart form; a text field has no `file_name`."""

    name: str
    file_name: str | None
    content: bytes


class Forms:
    """Parses bodies. Raises Refusal for invalid ones."""

    def json(self, body: bytes) -> object:
        """Return the value of a JSON body."""
        try:
            value = json.loads(body.decode("utf-8"))
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise bad("The body is not valid JSON") from error
        return value

    def fields(self, content_type: str, body: bytes) -> tuple[dict, Uploads]:
        """Return the fields and files of a request with a message."""
        parsed = Message()
        parsed["Content-Type"] = content_type
        kind = parsed.get_content_type()
        if kind == "application/json":
            return self.checked(self.json(body)), []
        if kind == "multipart/form-data":
            fields, uploads = self.gathered(self.pieces(parsed.get_param("boundary"), body))
        elif kind == "application/x-www-form-urlencoded":
            fields, uploads = self.urlencoded(body), []
        else:
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")
        for name in {"env", "secrets"} & fields.keys():
            fields[name] = self.variables_of_form(fields[name])
        for name in set(BOOLEANS) & fields.keys():
            fields[name] = self.boolean(name, fields[name].lower())
        return self.checked(fields), uploads

    def variables_of_form(self, text: str) -> object:
        raise bad("env and secrets need application/json")

    def boolean(self, name: str, text: str) -> bool:
        if text not in ("true", "false"):
            raise bad(f"{name} must be true or false")
        return text == "true"

    def checked(self, fields: object) -> dict:
        """Return the fields of a creation or a follow-up after checking their types."""
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

    def urlencoded(self, body: bytes) -> dict:
        pairs = parse_qs(body.decode("latin-1"), keep_blank_values=True)
        return {name: values[0] for name, values in pairs.items()}

    # --- multipart

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        """Return the text fields, and the files of parts named `files`."""
        fields: dict = {}
        uploads: Uploads = []
        for piece in pieces:
            if piece.file_name is None:
                fields[piece.name] = self.text(piece.content)
            elif piece.name == "files":
                uploads.append((piece.file_name, piece.content))
            else:
                raise bad("Files are sent in parts named files")
        return fields, uploads

    def pieces(self, boundary: object, body: bytes) -> Iterator[Piece]:
        """Yield the parts of a form in order."""
        if not isinstance(boundary, str) or not boundary:
            raise bad("The form has no boundary")
        mark = b"--" + boundary.encode("latin-1")
        pieces = (b"\r\n" + body).split(b"\r\n" + mark)
        if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
            raise bad("The form is not complete")
        for piece in pieces[1:-1]:
            head, found, content = piece.partition(b"\r\n\r\n")
            name = re.search(rb'\bname="([^"]*)"', head)
            file = re.search(rb'\bfilename="((?:[^"\\]|\\.)*)"', head)
            if not found or name is None:
                raise bad("A part of the form is broken")
            yield Piece(self.text(name[1]), None if file is None else self.file_name(file[1]), content)

    def file_name(self, raw: bytes) -> str:
        """Return the name between the quotes of a part's header."""
        return self.text(raw).replace("%22", '"').replace("\\\\", "\\")

    def text(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise bad("A part of the form is not UTF-8") from error
