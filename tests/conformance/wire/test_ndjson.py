"""A transcript file is read as a whole, or refused."""

import json

import pytest

from sigmic_conformance.wire.ndjson import ndjson, read_ndjson
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.kit import exchange, stream


def transcript() -> Transcript:
    return Transcript(
        probe="p",
        ending=Ending.INTERRUPTED,
        detail="why",
        exchanges=(
            stream([(1.0, b"data: \xff\xc3"), (2.5, b"\xa9\n\n")]),
            exchange(number=2, body={"a": "é"}),
        ),
        facts={"word": "n1"},
        lag=7,
    )


def test_a_transcript_survives_the_file():
    assert read_ndjson(iter(ndjson(transcript()))) == transcript()


def test_a_transcript_of_an_earlier_version_is_still_read():
    lines = [line.replace('"transient":', '"weather":') for line in ndjson(transcript())]

    assert read_ndjson(iter(lines)) == transcript()


def test_every_line_is_json():
    kinds = [json.loads(line)["kind"] for line in ndjson(transcript())]

    assert kinds == ["transcript", "exchange", "exchange", "end"]


@pytest.mark.parametrize("keep", [0, 1, 2, 3])
def test_a_truncated_file_is_refused(keep):
    lines = list(ndjson(transcript()))[:keep]

    with pytest.raises(ValueError, match="transcript"):
        read_ndjson(iter(lines))


def edited(line: int, **members: object) -> list[str]:
    lines = list(ndjson(transcript()))
    lines[line] = json.dumps(json.loads(lines[line]) | members)
    return lines


@pytest.mark.parametrize(
    "lines",
    [
        ["[1]", *list(ndjson(transcript()))[1:]],
        ["[" * 200_000 + "]" * 200_000],
        ['"x"'],
        edited(0, format=2),
        edited(0, facts=[]),
        edited(0, probe="../x"),
        edited(0, ending="x"),
        edited(1, kind="end", exchanges=2),
        edited(1, sent={"headers": [1]}),
        edited(1, head=5),
        edited(1, url="-o/etc/passwd"),
        edited(1, started="x"),
        edited(1, started=10**30),
        edited(1, chunks=[[1, "other", "x"]]),
        edited(1, chunks=[[1, "base64", "x"]]),
        edited(1, closed="x"),
        edited(1, head="\u20ac"),
        edited(3, exchanges=[]),
    ],
)
def test_a_file_of_another_form_is_refused(lines):
    with pytest.raises(ValueError, match=r"line|transcript|valid|nested|Incorrect padding|codec"):
        read_ndjson(iter(lines))
