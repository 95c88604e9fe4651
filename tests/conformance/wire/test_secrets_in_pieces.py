"""A secret that a target sends in pieces is in no saved data, and all views show the same."""

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pytest

from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Chunk, Exchange, Sent

SECRET = "nw2ev1z9-4y2é"
"""No four of its characters are hexadecimal digits, as those of a placeholder are."""
MOST_PIECES = int(os.environ.get("SECRET_PIECES", "3"))
"""More pieces take minutes."""
EVERY_CUT = [cuts for more in range(1, MOST_PIECES) for cuts in combinations(range(1, len(SECRET)), more)]
BEFORE, AFTER = "value=", ". That is all."


def pieces(text: str, cuts: Sequence[int]) -> list[str]:
    return [text[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(text)), strict=True)]


def event(kind: str, **data: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"


def deltas(parts: list[str]) -> str:
    texts = [BEFORE, *parts, AFTER]
    return "".join(event("content", text=text, isPartial=True) for text in texts)


def deltas_between_other_events(parts: list[str]) -> str:
    other = event("tool_result", callId="c1", summary="nothing") + ": heartbeat\n\n"
    return other.join(event("content", text=text) for text in [BEFORE, *parts, AFTER])


def growing(parts: list[str]) -> str:
    texts = [BEFORE, *parts, AFTER]
    return "".join(event("content", text="".join(texts[:end])) for end in range(1, len(texts) + 1))


def outputs(parts: list[str]) -> str:
    return "".join(event("tool_result", callId=f"c{at}", output=part) for at, part in enumerate(parts))


def thought_then_content(parts: list[str]) -> str:
    return event("thought", subject="s", description=parts[0]) + "".join(
        event("content", text=part) for part in parts[1:]
    )


def begun_in_the_history(parts: list[str]) -> str:
    begun = event("history_message", role="assistant", content=BEFORE + parts[0])
    live = "".join(event("content", text=part) for part in [*parts[1:], AFTER])
    return begun + event("history_done", isStreaming=True) + live


def lines_of_a_file(parts: list[str]) -> str:
    return "\r\n".join([BEFORE, *parts, AFTER])


def lines_of_a_member(parts: list[str]) -> str:
    return json.dumps({"data": {"messages": [{"content": "\n".join([BEFORE, *parts, AFTER])}]}})


def data_lines(parts: list[str]) -> str:
    return "event: other\n" + "".join(f"data: {part}\n" for part in parts) + "\n"


def escapes(parts: list[str]) -> str:
    written = [
        part if at % 2 else "".join(f"\\u{ord(each):04x}" for each in part) for at, part in enumerate(parts)
    ]
    return '{"data": {"text": "' + "".join([BEFORE, *written, AFTER]) + '"}}'


def members_of_a_list(parts: list[str]) -> str:
    return json.dumps({"data": [{"toolCalls": [{"result": part, "status": "success"}]} for part in parts]})


WAYS = [
    deltas,
    deltas_between_other_events,
    growing,
    outputs,
    thought_then_content,
    begun_in_the_history,
    lines_of_a_file,
    lines_of_a_member,
    data_lines,
    escapes,
    members_of_a_list,
]


def told(body: str) -> str:
    """What a reader can join: the texts of all events and messages, then the lines of the body."""
    named = re.findall(r'"(?:text|content|description|output|result)": "((?:[^"\\]|\\.)*)"', body)
    return re.sub(
        r"[\r\n]", "", "".join(json.loads(f'"{text}"') for text in named) + body.replace("data: ", "")
    )


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_to_cut_a_secret_passes(way: Callable[[list[str]], str]) -> None:
    redactor = Redactor()
    placeholder = redactor.learn(SECRET)

    for cuts in EVERY_CUT:
        parts = pieces(SECRET, cuts)
        body = way(parts)
        clean = redactor.data(body.encode()).decode()

        assert SECRET in told(body), cuts
        assert placeholder in told(clean), cuts
        for part in (SECRET, *parts):
            assert len(part) < 4 or part not in told(clean), cuts  # other words contain so short a piece too


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_chunks_of_the_connection_that_cut_a_piece_make_no_difference(size: int) -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    body = deltas(pieces(SECRET, (3, 9))).encode()
    chunks = [body[at : at + size] for at in range(0, len(body), size)]

    clean = redactor.chunks(chunks)

    assert len(clean) == len(chunks)
    assert b"".join(clean) == redactor.data(body)


@pytest.mark.parametrize("way", [deltas, deltas_between_other_events, growing, begun_in_the_history])
def test_a_secret_is_redacted_alike_in_streamed_pieces_and_whole_answers(
    way: Callable[[list[str]], str],
) -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    answer = json.loads(redactor.data(json.dumps({"a": BEFORE + SECRET + AFTER}).encode()))["a"]

    for cuts in [*EVERY_CUT, tuple(range(1, len(SECRET)))]:
        begin = "" if way is begun_in_the_history else event("history_done", isStreaming=True)
        stream = stream_of(redactor.data((begin + way(pieces(SECRET, cuts))).encode()))

        assert all(stream.answer.pieces)
        assert stream.answer.joined == answer or stream.answer.pieces[-1] == answer
        assert stream.answer.grows == (way is growing)


def stream_of(body: bytes) -> Stream:
    return Stream(
        Exchange(
            probe="p",
            number=1,
            label="l",
            operation="stream_task",
            role="owner",
            url="http://x",
            sent=Sent(method="GET", target="/"),
            started=0,
            status=200,
            headers=(("Content-Type", "text/event-stream"),),
            chunks=(Chunk(0, body),),
            size=len(body),
        )
    )


def test_an_answer_that_ends_in_the_begin_of_a_secret_is_the_begin_of_the_answer_that_has_it_whole() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    whole = redactor.text(json.dumps({"content": BEFORE + SECRET}))

    for size in range(6, len(SECRET)):
        partial = redactor.text(json.dumps({"content": BEFORE + SECRET[:size]}))

        assert SECRET[:size] not in partial
        assert json.loads(whole)["content"].startswith(json.loads(partial)["content"])


def test_a_begin_that_two_secrets_share_is_left_as_it_is() -> None:
    redactor = Redactor()
    for secret in ("canary-one", "canary-two"):
        redactor.learn(secret)

    assert redactor.text('{"text": "a canary-"}') == '{"text": "a canary-"}'


@pytest.mark.parametrize(
    "body",
    [b'"' + b'\\"' * 200_000, b'{"text": "' + b"eyJaaa." * 60_000, b"\n" * 400_000, b'"a":' * 100_000],
    ids=["open string", "begins of tokens", "line breaks", "members"],
)
def test_a_hostile_body_is_read_once(body: bytes) -> None:
    redactor = Redactor()
    for number in range(100):
        redactor.learn(f"canary-{number:05}")

    begun = time.thread_time()

    assert redactor.data(body) == body
    assert time.thread_time() - begun < 20
