"""Tests of a turn's events: deltas, what closes the text, and what readers get in between."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.house import House
from tests.fakes.waiting import eventually


async def test_what_was_said_is_heard_while_the_agent_waits(house: House) -> None:
    @house.agent.on("slow")
    async def _(turn) -> None:
        await turn.say("first")
        await turn.sleep(10)
        await turn.say("second")

    stream = await house.listen(await house.create("slow"))
    await eventually(lambda: stream.text != "")
    assert stream.text == "first"

    await house.clock.advance(10)
    await house.heard(stream)
    assert stream.text == "firstsecond"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=20), max_size=12))
async def test_any_text_comes_out_as_it_went_in(house: House, pieces: list[str]) -> None:
    message = f"say {len(house.agent.turns)}"

    async def say(turn) -> None:
        for piece in pieces:
            await turn.say(piece)

    house.agent.scripts[message] = say
    task_id = await house.create(message)
    stream = await house.listen(task_id)
    await house.heard(stream)

    assert stream.text == "".join(pieces)
    assert stream.payloads("done") == [{"finalResponse": "".join(pieces)}]
