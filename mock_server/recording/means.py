"""What a playbook of this version can say, read off its schema; what is only approximated becomes a note."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The means of the mock that is to replay."""

    tools: Collection[str]
    """Tools that it can really run."""
    contents: Mapping[str, str] = field(default_factory=dict)
    """Files whose text is known."""
    dictates: bool = False
    """A step `tool` takes the outcome of the call: nothing runs."""
    sends: bool = False
    """There is a step for a raw event."""
    places: bool = False
    """There is a step for a file that appears without a tool call."""


def means_of(schema: Mapping[str, Any], tools: Collection[str]) -> Means:
    """Return the means that a playbook schema gives."""
    steps = schema["$defs"]["step"]["properties"]
    return Means(
        tools=tools,
        dictates={"result", "takes", "ask"} <= steps["tool"]["properties"].keys(),
        sends="event" in steps,
        places="artifact" in steps,
    )
