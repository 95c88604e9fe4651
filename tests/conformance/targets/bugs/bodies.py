"""Bugs of request bodies: JSON, forms of both kinds, and the order of a form's parts."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote

from tests.conformance.targets.bugs.catalogue import bug
from tests.conformance.targets.forms import Forms, Piece, Uploads
from tests.conformance.targets.refusal import Refusal

MESSAGE = "message is the instruction, letter for letter"
FIELDS = "the fields of a form count, in whatever order its parts come"
LATIN = "a library's default encoding is that of 1999"


@bug(
    "2.2/content-types",
    "RFC 9110 8.3",
    sentence="application/json is accepted, and a content type may have parameters",
    situation={"body": "JSON", "values": "separators"},
    because="the header is compared with `==`",
)
class CharsetIsAnotherType(Forms):
    """JSON with a charset parameter is refused"""

    def fields(self, content_type: str, body: bytes) -> tuple[dict, Uploads]:
        if content_type.startswith("application/json;"):
            raise Refusal(415, "UNSUPPORTED_MEDIA_TYPE", "This content type is not taken")
        return super().fields(content_type, body)


@bug(
    "2.2/systemPrompt",
    "2.4/systemPrompt",
    sentence="systemPrompt is a string or null, and null by default",
    situation={"body": "JSON", "values": "empty"},
    because="every field goes through str() on its way to the database",
)
class NullPromptIsText(Forms):
    """systemPrompt null reads back as the word None"""

    def checked(self, fields: object) -> dict:
        found = super().checked(fields)
        if "systemPrompt" in found:
            found["systemPrompt"] = str(found["systemPrompt"])
        return found


@bug(
    "2.4/message",
    "2.2/message",
    sentence=MESSAGE,
    situation={"body": "urlencoded", "values": "separators"},
    because="`unquote` instead of `unquote_plus`",
)
class PlusStaysPlus(Forms):
    """Blanks of an urlencoded message become plus signs"""

    def urlencoded(self, body: bytes) -> dict:
        return super().urlencoded(body.replace(b"+", b"%2B"))


@bug(
    "2.4/message",
    "2.2/message",
    sentence=MESSAGE,
    situation={"body": "urlencoded", "values": ("separators", "longest")},
    because="the body is decoded first and split into fields afterwards",
)
class DecodedBeforeSplit(Forms):
    """An urlencoded message ends at its first ampersand"""

    def urlencoded(self, body: bytes) -> dict:
        pairs = [pair.partition("=") for pair in unquote(body.decode()).replace("+", " ").split("&")]
        return {name: value for name, _, value in reversed(pairs)}


@bug(
    "2.4/message",
    "2.2/message",
    sentence=MESSAGE,
    situation={"body": "urlencoded", "values": "non-ASCII"},
    because=LATIN,
)
class UrlencodedInLatin(Forms):
    """Letters beyond ASCII of an urlencoded message come out as two each"""

    def urlencoded(self, body: bytes) -> dict:
        return dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1"))


@bug(
    "2.4/message",
    "2.2/message",
    sentence=MESSAGE,
    situation={"body": "multipart", "values": "non-ASCII", "files": "at creation"},
    because=LATIN,
)
class FormFieldsInLatin(Forms):
    """Letters beyond ASCII of a form's message come out as two each"""

    def text(self, data: bytes) -> str:
        return data.decode("latin-1")

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw).encode("latin-1").decode()


@bug(
    "2.6/message.attachedFiles",
    "U-03",
    sentence="a file is stored under uploads/ by its name",
    situation={"body": "multipart", "values": "non-ASCII", "files": ("awkward name", "plain")},
    because="headers are Latin-1, said the standard of old",
)
class FileNamesInLatin(Forms):
    """Letters beyond ASCII of an uploaded file's name come out as two each"""

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw.decode("latin-1").encode())


@bug(
    "2.6/message.attachedFiles",
    "RFC 7578 4.2",
    sentence="a quoted file name may hold a semicolon",
    situation={"body": "multipart", "values": "separators", "files": "awkward name"},
    because="the header is split at its semicolons before its quotes are looked at",
)
class SemicolonEndsTheName(Forms):
    """The name of an uploaded file ends at a semicolon"""

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw.partition(b";")[0])


@bug(
    "2.2/files",
    "RFC 7578 5.2",
    sentence=FIELDS,
    situation={"body": "multipart, files first", "files": "at creation"},
    because="files are saved as they come, if there is a message to save them for",
)
class FilesBeforeTheMessageLost(Forms):
    """Files that stand before the message in a form are dropped"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        kept: list[Piece] = []
        for piece in pieces:
            if piece.file_name is None or any(each.name == "message" for each in kept):
                kept.append(piece)
        return super().gathered(kept)


@bug(
    "2.2/autoExecute",
    "RFC 7578 5.2",
    sentence=FIELDS,
    situation={"body": "multipart, files first", "approval": "once", "files": "at creation"},
    because="the settings are read when the first file begins, as the rest is streamed",
)
class FlagsAfterFilesIgnored(Forms):
    """autoExecute does not count when it stands after the files"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        kept, files = [], False
        for piece in pieces:
            files = files or piece.file_name is not None
            if not files or piece.name in ("files", "message"):
                kept.append(piece)
        return super().gathered(kept)


@bug(
    "2.2/autoExecute",
    "2.2/form-booleans",
    sentence="autoExecute false of a form means that tools ask",
    situation={"body": "multipart", "files": "none", "approval": "once"},
    because="a form without files is handed on to the handler of JSON, which finds no booleans in it",
)
class FlagsNeedFiles(Forms):
    """autoExecute of a form without files does not count"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        fields, uploads = super().gathered(pieces)
        if not uploads:
            fields.pop("autoExecute", None)
        return fields, uploads


@bug(
    "2.9/bytes",
    "2.2/files",
    sentence="a download has the bytes that were uploaded",
    situation={"body": "multipart, files last", "values": "line ends", "files": "plain"},
    because="the line end before a boundary is taken off with `rstrip`",
)
class LastLineEndLost(Forms):
    """The last line end of an uploaded file is lost"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        fields, uploads = super().gathered(pieces)
        return fields, [(name, content.rstrip(b"\r\n")) for name, content in uploads]


@bug(
    "U-01",
    sentence="a request may bring up to 20 files",
    situation={"body": "multipart, files last", "files": "at the limit"},
    because="the limit of the form's reader counts all parts, and leaves room for one field",
)
class FieldsCountAsFiles(Forms):
    """Twenty files and two fields are too many"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        kept = list(pieces)
        if len(kept) > 21:
            raise Refusal(400, "TOO_MANY_FILES", "At most 20 files")
        return super().gathered(kept)


@bug(
    "2.7/json-body",
    "2.7/message",
    sentence="a follow-up's body is a message, alone or with files",
    situation={"body": "multipart, files last", "turn": "2nd", "values": "line ends"},
    because="fields are read by the line",
)
class FirstLineOfAField(Forms):
    """A form's message ends with its first line"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        return super().gathered(
            piece if piece.file_name else piece._replace(content=piece.content.split(b"\n")[0])
            for piece in pieces
        )
