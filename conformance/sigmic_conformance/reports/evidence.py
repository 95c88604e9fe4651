"""The evidence of a row on the page: the bytes, with the offending ones marked, and their times. Pure."""

from sigmic_conformance.model.record.verdict import Citation
from sigmic_conformance.reports.detail import Detail
from sigmic_conformance.reports.five_lines import repeat
from sigmic_conformance.reports.markup import Html, element, fold, wide
from sigmic_conformance.reports.material import Material, Row
from sigmic_conformance.reports.timeline import caption, timeline
from sigmic_conformance.reports.visible import WIDTH, cut, decoded, hex_lines
from sigmic_conformance.wire.transcript import Exchange

BEFORE, AFTER = 3 * WIDTH, 8 * WIDTH
"""How many bytes around the offending one are shown in hex."""
NOTE = 400
MOST_TICKS = 200
MOST_CURL = 4000
"""The maximum length of a command; `reproduce` stands in place of a longer one."""


def evidence(material: Material, row: Row, detail: Detail) -> list[Html]:
    """All slices of a row; for a row that passed only the first ones, as limited by `detail`."""
    pieces = row.verdict.evidence
    shown = pieces if row.is_trouble else pieces[: detail.citations]
    found = [
        figure(material, row.id, piece, detail, whole=row.is_trouble, asks=row.is_trouble or not number)
        for number, piece in enumerate(shown)
    ]
    if len(shown) < len(pieces):
        left_out = f"{len(pieces) - len(shown)} more in result.json, left out here to keep the page small."
        found.append(element("p", left_out, class_="note"))
    return found


def stream_id(exchange: Exchange) -> str:
    """The anchor of a stream's timeline."""
    return f"stream-{exchange.probe}-{exchange.number}"


def figure(
    material: Material, id: str, piece: Citation, detail: Detail, *, whole: bool, asks: bool = True
) -> Html:
    """A citation: its place, the bytes, and with `asks` the command that repeats the request.

    Findings that need attention are shown `whole`: with the picture of the stream, in hex, and with a command
    that is not cut.
    """
    exchange = material.exchange(piece)
    where = f"{piece.probe}, exchange {piece.exchange} ({piece.label})"
    is_stream = exchange is not None and exchange.is_stream and not exchange.encoded
    link = None
    if exchange is not None and is_stream and detail.timelines:
        link = element("a", "timeline", href=f"#{stream_id(exchange)}")
    return element(
        "figure",
        element("figcaption", element("b", where), ": ", cut(piece.note, NOTE), " " if link else None, link),
        picture(material, piece, MOST_TICKS) if whole else None,
        _text(exchange, piece, detail, whole=whole),
        _hex(exchange, piece) if exchange is not None and whole else None,
        _command(id, material.repeat(id, piece), MOST_CURL if whole else detail.curl) if asks else None,
    )


def picture(material: Material, piece: Citation, most: int) -> Html | None:
    """The timeline of the stream that a citation refers to, with the byte marked; None if it is no stream."""
    exchange = material.exchange(piece)
    if material.record is None or exchange is None or not exchange.is_stream or exchange.encoded:
        return None
    stream, seconds = material.record.read(exchange), material.run.profile.heartbeat_seconds
    drawn = timeline(stream, heartbeat_seconds=seconds, most=most, mark=piece.offset)
    return wide(drawn, caption(stream))


def repetition(material: Material, id: str, piece: Citation) -> Html | None:
    """The command that repeats a cited request."""
    return _command(id, material.repeat(id, piece), MOST_CURL)


def _text(exchange: Exchange | None, piece: Citation, detail: Detail, *, whole: bool) -> Html | None:
    """The excerpt; with an offset, the bytes before it, and those from it to the end of its line marked."""
    length = 1200 if whole else detail.excerpt
    if exchange is not None and piece.offset is None and whole and exchange.size:
        head = decoded(exchange.head.partition(b"\r\n")[0])
        return _bytes(cut(f"{head}\n{decoded(exchange.body)}", length))
    if exchange is None or piece.offset is None:
        return _bytes(cut(piece.excerpt, length)) if piece.excerpt and length else None
    body, (first, last) = exchange.body, _marked(exchange.body, piece.offset)
    start = max(0, first - BEFORE) if whole else first
    parts = [
        "… " if start else None,
        decoded(body[start:first]),
        element("mark", decoded(body[first : last + 1])),
        cut(decoded(body[last + 1 : first + length]), length) if length else None,
    ]
    return _bytes(parts) if length else None


def _bytes(child: str | list[str | Html | None]) -> Html:
    return element("pre", element("code", child), class_="bytes", tabindex=0)


def _marked(body: bytes, offset: int) -> tuple[int, int]:
    """The first and last byte to mark: from the offset to the end of its line, 200 bytes at most."""
    end = min(
        (at for at in (body.find(b"\n", offset), body.find(b"\r", offset)) if at >= 0), default=len(body)
    )
    return offset, max(offset, min(end, offset + 200) - 1)


def _hex(exchange: Exchange, piece: Citation) -> Html | None:
    body = exchange.body
    if not body:
        return None
    offset = piece.offset or 0
    first = max(0, offset - BEFORE) // WIDTH * WIDTH
    mark = _marked(body, offset) if piece.offset is not None else None
    lines = [
        [
            f"{line.offset:08x}  ",
            [[element("mark", pair) if marked else pair, " "] for pair, _, marked in line.cells],
            "   " * (WIDTH - len(line.cells)),
            " ",
            [element("mark", letter) if marked else letter for _, letter, marked in line.cells],
            "\n",
        ]
        for line in hex_lines(body[first : first + BEFORE + AFTER], start=first, mark=mark)
    ]
    size = f"Bytes {first} to {min(len(body), first + BEFORE + AFTER) - 1} of {exchange.size}, in hex"
    return fold(size, element("pre", lines, class_="hex", tabindex=0))


def _command(id: str, command: str, length: int) -> Html | None:
    """The command if it is short enough: one that is cut would send something else."""
    if not length:
        return None
    shown = command if len(command) <= length else repeat(id, "")
    return element("pre", element("code", shown), class_="curl", tabindex=0)
