"""Reads the digests of variables that an agent printed, so that no value is shown. Pure."""

import re

from sigmic_conformance.wire.stream import Stream

DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def printed(stream: Stream, name: str) -> list[str]:
    """The digests in the results of the calls that hashed a variable."""
    calls = {event.call for event in stream.of("tool_call") if f"${name}" in str(event.get("args"))}
    return [
        digest
        for event in stream.of("tool_result")
        if event.call in calls
        for digest in DIGEST.findall(str(event.get("output")))
    ]
