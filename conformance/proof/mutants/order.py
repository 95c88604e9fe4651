"""Events that are lost, doubled, out of order or contradict one another."""

from sigmic_conformance.conformance.proof import wire_edits as edit
from sigmic_conformance.conformance.proof.mutants.mutant import piece

DONE = b'event: done\ndata: {"finalResponse":""}\n\n'
LATE = b'event: content\ndata: {"text":"late","isPartial":true}\n\n'

ORDER = (
    piece(
        "order.swapped",
        "EVENT-020",
        "unpaired-result",
        "a result precedes its call",
        edit.swap("tool_call", "tool_result"),
    ),
    piece(
        "event.result-twice",
        "EVENT-020",
        "unpaired-result",
        "a result comes twice",
        edit.twice("tool_result"),
    ),
    piece(
        "event.result-lost",
        "EVENT-021",
        "call-without-result",
        "the first result is lost",
        edit.drop_first("tool_result"),
    ),
    piece(
        "event.call-id-reused",
        "EVENT-022",
        "call-id-reused",
        "all calls have one id",
        edit.replace("*", rb'"callId":"[^"]*"', b'"callId":"call_0"'),
    ),
    piece(
        "event.content-lost",
        "EVENT-017",
        "other-text",
        "the first content is lost",
        edit.drop_first("content"),
    ),
    piece("event.all-content-lost", "EVENT-029", "no-content", "no content at all", edit.drop("content")),
    piece(
        "event.lost-for-the-second",
        "PHASE-015",
        "readers-differ",
        "only early readers get results",
        edit.drop_in_later_streams("tool_result", whole=3),
    ),
    piece(
        "event.calls-lost-for-late-joiners",
        "PHASE-007",
        "lost-at-the-join",
        "a late joiner misses calls",
        edit.drop_in_later_streams("tool_call", "tool_result", whole=3),
    ),
    piece("event.done-twice", "PHASE-012", "wrong-end", "done comes twice", edit.twice("done")),
    piece("event.after-done", "PHASE-012", "wrong-end", "content follows done", edit.after("done", LATE)),
    piece("event.done-lost", "PHASE-019", "wrong-end", "done is lost", edit.drop("done")),
    piece(
        "history.marker-lost",
        "PHASE-002",
        "wrong-number-of-markers",
        "history_done is lost",
        edit.drop("history_done"),
    ),
    piece(
        "history.marker-twice",
        "PHASE-002",
        "wrong-number-of-markers",
        "history_done comes twice",
        edit.twice("history_done"),
    ),
    piece(
        "history.after-marker",
        "PHASE-001",
        "history-out-of-order",
        "messages follow history_done",
        edit.swap("history_message", "history_done"),
    ),
    piece(
        "history.message-lost",
        "PHASE-003",
        "wrong-count",
        "the first message is lost",
        edit.drop_first("history_message"),
    ),
    piece(
        "history.live-before-marker",
        "PHASE-001",
        "history-out-of-order",
        "content precedes history_done",
        edit.before("history_done", LATE),
    ),
    piece(
        "history.message-twice",
        "PHASE-001",
        "message-repeated",
        "a message comes twice",
        edit.twice("history_message"),
    ),
    piece(
        "history.count-off",
        "PHASE-003",
        "wrong-count",
        "messageCount has a digit more",
        edit.replace("history_done", rb'"messageCount":', b'"messageCount":1'),
    ),
    piece(
        "history.lies-about-life",
        "PHASE-004",
        "wrong-is-streaming",
        "a finished task is said to stream",
        edit.replace("history_done", b":false", b":true"),
    ),
    piece(
        "history.done-after-idle",
        "PHASE-005",
        "idle-stream-goes-on",
        "an idle stream goes on",
        edit.replace("history_done", rb'("isStreaming":false[^\n]*\n\n)', rb"\1" + DONE),
    ),
)
