"""The approval probes with calls that they did not ask for."""

from sigmic_conformance.traffic.live_stream import LiveStream
from sigmic_conformance.traffic.probes.approve import next_asked
from tests.conformance.kit import event


async def test_calls_with_ids_that_are_not_strings_are_distinguished():
    live = LiveStream()
    for call in (["a"], {"b": 1}):
        live.take(event("tool_call", callId=call, toolName=["t"], status="awaiting_approval"))

    first = await next_asked(live, set(), 1)
    assert first is not None
    assert first.call == '["a"]'

    second = await next_asked(live, {first.call}, 1)
    assert second is not None
    assert second.call == '{"b": 1}'
