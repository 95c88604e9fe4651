"""What the agent does in one turn takes its time."""

from sigmic_mock.runtime.clock.mode import Mode
from tests.fakes.house import House


async def test_text_has_its_pace_while_the_clock_runs(house: House) -> None:
    house.clock.mode = Mode("scaled", 20.0)
    began, ended = [], []

    @house.agent.on("slowly")
    async def _(turn) -> None:
        began.append(house.clock.monotonic())
        for _ in range(4):
            await turn.linger(0.5)
            await turn.say("word ")
        ended.append(house.clock.monotonic())

    stream = await house.hear(await house.create("slowly"))

    assert ended[0] - began[0] >= 4 * 0.5 - 0.1
    assert stream.text == "word word word word "
