"""Heartbeats that are lost, late, spoilt or out of place."""

from sigmic_conformance.conformance.proof import wire_edits as edit
from sigmic_conformance.conformance.proof.mutants.mutant import piece

HEARTBEAT = b":heartbeat\n\n"

HEARTBEATS = (
    piece("beat.lost", "BEAT-001", "silence-too-long", "no heartbeat arrives", edit.drop("heartbeat")),
    piece(
        "beat.lost-while-waiting",
        "BEAT-003",
        "too-few-heartbeats",
        "none while an approval waits",
        edit.drop("heartbeat"),
    ),
    piece(
        "beat.lost-while-busy",
        "BEAT-004",
        "silent-while-busy",
        "none while a tool runs",
        edit.drop("heartbeat"),
    ),
    piece(
        "beat.late",
        "BEAT-001",
        "silence-too-long",
        "every second one is lost",
        edit.drop_every_second("heartbeat"),
    ),
    piece(
        "beat.first-only",
        "BEAT-001",
        "silence-too-long",
        "only the first of a stream arrives",
        edit.drop_after_first("heartbeat"),
    ),
    piece(
        "beat.first-reader-only",
        "BEAT-005",
        "silence-too-long",
        "only the first reader gets them",
        edit.drop_in_later_streams("heartbeat"),
    ),
    piece(
        "beat.as-event",
        "BEAT-002",
        "other-comment",
        "it comes as an event",
        edit.replace("heartbeat", rb":heartbeat\n", b"event: heartbeat\ndata: {}\n"),
    ),
    piece(
        "beat.with-data",
        "BEAT-006",
        "field-in-heartbeat",
        "it carries data",
        edit.replace("heartbeat", rb":heartbeat\n", b":heartbeat\ndata: {}\n"),
    ),
    piece(
        "beat.with-id",
        "BEAT-006",
        "field-in-heartbeat",
        "it carries an id",
        edit.replace("heartbeat", rb":heartbeat\n", b":heartbeat\nid: 7\n"),
    ),
    piece(
        "beat.other-word",
        "BEAT-002",
        "other-comment",
        "the comment says ping",
        edit.replace("heartbeat", b"heartbeat", b"ping"),
    ),
    piece(
        "beat.spaced",
        "BEAT-010",
        "other-bytes",
        "a space precedes the word",
        edit.replace("heartbeat", b":heartbeat", b": heartbeat"),
    ),
    piece(
        "beat.glued",
        "STREAM-016",
        "comment-in-event",
        "it has no blank line before the next event",
        edit.before("content", b":heartbeat\n"),
    ),
    piece(
        "beat.inside-event",
        "STREAM-034",
        "half-event",
        "it stands, with its blank line, inside an event",
        edit.replace("content", rb"\ndata", b"\n:heartbeat\n\ndata"),
    ),
    piece(
        "beat.after-end", "BEAT-007", "heartbeat-after-end", "one follows done", edit.after("done", HEARTBEAT)
    ),
    piece(
        "beat.replayed",
        "BEAT-008",
        "heartbeat-replayed",
        "one stands between saved messages",
        edit.before("history_message", HEARTBEAT),
    ),
)
