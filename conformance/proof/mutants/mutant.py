"""One row of the tables, and a maker for each place of an edit."""

from dataclasses import dataclass

from sigmic_conformance.conformance.proof.wire_edits import instead
from sigmic_conformance.conformance.proof.wire_message import Body, Cut, Edit, Head, Piece, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMutant:
    """One way to spoil the bytes between platform and suite."""

    id: str
    row: str
    reason: str
    says: str
    edit: Edit
    also: tuple[str, ...] = ()


def piece(id: str, row: str, reason: str, says: str, piece: Piece) -> WireMutant:
    """A mutant of the blocks of a stream."""
    return WireMutant(id=id, row=row, reason=reason, says=says, edit=Edit(piece=piece))


def head(id: str, row: str, reason: str, says: str, head: Head) -> WireMutant:
    """A mutant of status and headers."""
    return WireMutant(id=id, row=row, reason=reason, says=says, edit=Edit(head=head))


def body(id: str, row: str, reason: str, says: str, body: Body, *also: str) -> WireMutant:
    """A mutant of whole bodies; `also` are further probes."""
    return WireMutant(id=id, row=row, reason=reason, says=says, edit=Edit(body=body), also=also)


def wire(id: str, row: str, reason: str, says: str, wire: Wire) -> WireMutant:
    """A mutant of messages as they are sent."""
    return WireMutant(id=id, row=row, reason=reason, says=says, edit=Edit(wire=wire))


def last(id: str, row: str, reason: str, says: str, cut: Cut) -> WireMutant:
    """A mutant of the end of a chunked stream."""
    return WireMutant(id=id, row=row, reason=reason, says=says, edit=Edit(last=instead(cut)))
