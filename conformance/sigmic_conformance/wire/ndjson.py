"""A transcript as a file: one JSON object per line, and a footer without which the file is truncated."""

import base64
import json
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import (
    Chunk,
    Closed,
    Ending,
    Exchange,
    Framing,
    Sent,
    Transcript,
)

FORMAT = 1
SCHEMA = Path(__file__).with_name("transcript.schema.json")
LONGEST = 200
"""The longest text of a problem: it can repeat the whole value."""


def ndjson(transcript: Transcript) -> Iterator[str]:
    """The transcript as lines of JSON: a header, one line per exchange, a footer."""
    yield _line(
        kind="transcript",
        format=FORMAT,
        probe=transcript.probe,
        ending=transcript.ending,
        detail=transcript.detail,
        facts=dict(transcript.facts),
        lag=transcript.lag,
        **({"shard": transcript.shard} if transcript.shard else {}),
    )
    for exchange in transcript.exchanges:
        row = _members(exchange)
        body = exchange.sent.body
        row["sent"] = _members(exchange.sent) | {
            "files": [each.members() for each in exchange.sent.files],
            "body": None if body is None else base64.b64encode(body).decode("ascii"),
        }
        row["head"] = exchange.head.decode("latin-1")
        row["chunks"] = [[chunk.at, *_bytes_out(chunk.data)] for chunk in exchange.chunks]
        yield _line(kind="exchange", **row)
    yield _line(kind="end", exchanges=len(transcript.exchanges))


def read_ndjson(lines: Iterator[str]) -> Transcript:
    """Read the output of `ndjson`. Raises ValueError if it is truncated or of another format."""
    rows = [_row(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    kinds = [row["kind"] for row in rows]
    if kinds[:1] != ["transcript"]:
        raise ValueError("not a transcript of this format")
    if kinds[1:] != ["exchange"] * (len(rows) - 2) + ["end"] or rows[-1]["exchanges"] != len(rows) - 2:
        raise ValueError("the transcript is truncated: its footer is missing")
    head = rows[0]
    return Transcript(
        probe=head["probe"],
        ending=Ending(head["ending"]),
        detail=head["detail"],
        exchanges=tuple(_exchange_in(row) for row in rows[1:-1]),
        facts=head["facts"],
        lag=head["lag"],
        shard=head.get("shard", 0),
    )


def _row(number: int, line: str) -> dict[str, Any]:
    """A line of a transcript; ValueError if it has another form: somebody else may have written it."""
    row = json_values.read_saved(line)
    for problem in _schema().iter_errors(row):
        where = "/".join(map(str, problem.instance_path)) or "the line"
        raise ValueError(f"line {number} is not of a transcript: {where}: {problem.message[:LONGEST]}")
    found: dict[str, Any] = row
    return found


@cache
def _schema() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _members(value: Any) -> dict[str, Any]:
    """The fields of a dataclass; `dataclasses.asdict` would copy each of thousands of chunks as well."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _exchange_in(row: dict[str, Any]) -> Exchange:
    sent = row["sent"]
    # An earlier version wrote another word for a transient fault.
    values = {"transient" if key == "weather" else key: row[key] for key in row if key != "kind"}
    values["sent"] = Sent(
        **sent
        | {
            "headers": _pairs(sent["headers"]),
            "parts": tuple(sent["parts"]),
            # Missing in a run of an earlier version.
            "files": tuple(SentFile.restored(each) for each in sent.get("files", ())),
            "body": base64.b64decode(sent["body"]) if sent.get("body") else None,
            # Likewise.
            "spelling": Spelling(sent.get("spelling", Spelling.PLAIN)),
        }
    )
    values["head"] = row["head"].encode("latin-1")
    values["headers"] = _pairs(row["headers"])
    values["framing"] = Framing(row["framing"])
    values["closed"] = Closed(row["closed"])
    values["chunks"] = tuple(Chunk(at, _bytes_in(kind, text)) for at, kind, text in row["chunks"])
    return Exchange(**values)


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in rows)


def _bytes_out(data: bytes) -> tuple[str, str]:
    try:
        return "text", data.decode("utf-8")
    except UnicodeDecodeError:
        return "base64", base64.b64encode(data).decode("ascii")


def _bytes_in(kind: str, text: str) -> bytes:
    return text.encode("utf-8") if kind == "text" else base64.b64decode(text)


def _line(**row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))
