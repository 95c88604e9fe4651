"""Bugs of bodies and values: order of parts, encodings, variables, prompts."""

from collections.abc import Iterable, Mapping

from lab.platforms.catalogue import broken
from lab.platforms.forms import Forms, Piece, Uploads
from lab.platforms.wire import Wire


@broken("UPLOAD-019", "UPLOAD-012", body="multipart", values="separators", files="awkward name")
class SemicolonEndsTheName(Forms):
    """The name of an uploaded file ends at a semicolon"""

    def file_name(self, raw: bytes) -> str:
        return super().file_name(raw.partition(b";")[0])


@broken("GET-006", "FOLLOWUP-015", body="multipart, files last", turn="2nd", values="line ends")
class FirstLineOfAField(Forms):
    """A form's message ends with its first line"""

    def gathered(self, pieces: Iterable[Piece]) -> tuple[dict, Uploads]:
        return super().gathered(
            piece if piece.file_name else piece._replace(content=piece.content.split(b"\n")[0])
            for piece in pieces
        )


@broken("STREAM-006", "PHASE-001", values="quotes", readers="joined before", history="short")
class ReplayEscapesNoQuotes(Wire):
    """Quotes of a replayed message are in its data line without escape"""

    def event(self, name: str, payload: Mapping) -> bytes:
        made = super().event(name, payload)
        return made.replace(rb"\"", b'"') if name == "history_message" else made
