"""What a request is handed while nothing is armed, and once something is."""

from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext
from sigmic_conformance.mock_server.faults.behaviour.downloads import FaultyFileSender
from sigmic_conformance.mock_server.faults.behaviour.fields import FaultyBodyReader
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.downloads import FileSender
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import BodyReader
from tests.fakes.served import Served, serving, serving_instead


async def handed_out(served: Served) -> list[type]:
    """Return what reads the body of a request, and what would send it a file."""
    kinds: list[type] = []

    async def look(ctx: RequestContext) -> Answer:
        kinds.extend((type(ctx), type(ctx.body()), type(ctx.files())))
        return Answer(data={"approved": True})

    async with serving_instead(served, approve_tool_call=look) as mock:
        await mock.call("POST", "/api/v1/tasks/any/tools/call/approve", json={"outcome": "cancel"})
    return kinds


@pytest.mark.parametrize(("flags", "context"), [({}, FaultyContext), ({"no_faults": True}, RequestContext)])
async def test_while_nothing_is_armed_the_honest_classes_are_at_work(
    tmp_path: Path, flags: dict[str, Any], context: type[RequestContext]
):
    async with serving(tmp_path, **flags) as mock:
        assert await handed_out(mock) == [context, BodyReader, FileSender]


async def test_once_a_fault_is_armed_its_twins_are(tmp_path: Path):
    async with serving(tmp_path, fault="cancel.ignored") as mock:
        assert await handed_out(mock) == [FaultyContext, FaultyBodyReader, FaultyFileSender]
