"""Bugs of bodies and values: order of parts, encodings, variables, prompts."""

from collections.abc import Iterable, Mapping

from tests.conformance.targets.catalogue import broken
from tests.conformance.targets.forms import Forms, Piece, Uploads
from tests.conformance.targets.platform import Platform, Task
from tests.conformance.targets.wire import Wire


@broken("GET-006", "CREATE-013", "HISTORY-008", body="urlencoded", values="separators")
class PlusStaysPlus(Forms):
    """Blanks of an urlencoded message become plus signs"""

    def urlencoded(self, body: bytes) -> dict:
        return super().urlencoded(body.replace(b"+", b"%2B"))


@broken("UPLOAD-025", "UPLOAD-019", body="multipart", values="non-ASCII", files=("awkward name", "plain"))
class FileNamesInLatin(Forms):
    """Letters beyond ASCII of an uploaded file's name come out as two each"""

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw.decode("latin-1").encode())


@broken("UPLOAD-019", "UPLOAD-012", body="multipart", values="separators", files="awkward name")
class SemicolonEndsTheName(Forms):
    """The name of an uploaded file ends at a semicolon"""

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw.partition(b";")[0])


@broken("UPLOAD-009", "UPLOAD-026", body="multipart, files first", files="at creation")
class FilesBeforeTheMessageLost(Forms):
    """Files that stand before the message in a form are dropped"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        kept: list[Piece] = []
        for piece in pieces:
            if piece.file_name is None or any(each.name == "message" for each in kept):
                kept.append(piece)
        return super().gathered(kept)


@broken("CREATE-017", "CREATE-020", body="multipart", files="none", approval="once")
class FlagsNeedFiles(Forms):
    """autoExecute of a form without files does not count"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        fields, uploads = super().gathered(pieces)
        if not uploads:
            fields.pop("autoExecute", None)
        return fields, uploads


@broken("GET-006", "FOLLOWUP-015", body="multipart, files last", turn="2nd", values="line ends")
class FirstLineOfAField(Forms):
    """A form's message ends with its first line"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        return super().gathered(
            piece if piece.file_name else piece._replace(content=piece.content.split(b"\n")[0])
            for piece in pieces
        )


@broken("VARS-004", "VARS-005", values="quotes", state="tool running")
class VariableLosesItsQuotes(Platform):
    """Quotes around a value are gone in the sandbox"""

    def environment(self, task: Task) -> dict[str, str]:
        return {name: value.strip("\"'") for name, value in super().environment(task).items()}


@broken("STREAM-006", "PHASE-001", values="quotes", readers="joined before", history="short")
class ReplayEscapesNoQuotes(Wire):
    """Quotes of a replayed message are in its data line without escape"""

    def event(self, name: str, payload: Mapping) -> bytes:
        made = super().event(name, payload)
        return made.replace(rb"\"", b'"') if name == "history_message" else made
