"""The tool calls of a turn: scripted, at the same time, and for a subagent."""

import asyncio

import pytest

from sigmic_mock.agent.turn import CallScript, ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.domain.policy import Policy, ProjectRules
from sigmic_mock.domain.project_settings import ProjectSettings
from sigmic_mock.runtime.clock.clocks import Clocks
from sigmic_mock.runtime.clock.mode import MANUAL
from sigmic_mock.service.tool_calls import run_concurrently
from tests.fakes.clock import settle
from tests.fakes.house import House
from tests.fakes.waiting import eventually


async def test_each_piece_counts_until_it_is_done_and_results_keep_their_order() -> None:
    clocks = Clocks(MANUAL)
    clock = clocks.of("p")
    first, second = asyncio.Event(), asyncio.Event()

    async def until(event: asyncio.Event, result: str) -> str:
        with clock.waiting():
            await event.wait()
        return result

    async def work() -> list[str]:
        with clock.working():
            return await run_concurrently(clock, [until(first, "a"), until(second, "b")])

    running = asyncio.create_task(work())
    await settle()
    assert clock.activity.busy == 0  # both wait: never below

    second.set()
    await asyncio.sleep(0)
    first.set()

    assert await running == ["a", "b"]
    assert clock.activity.busy == 0
    clocks.close()


async def test_the_first_failure_is_raised_as_it_is() -> None:
    clocks = Clocks(MANUAL)

    async def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run_concurrently(clocks.of("p"), [fail(), asyncio.Event().wait()])

    assert clocks.of("p").activity.busy == 0
    clocks.close()


async def test_a_script_makes_up_what_comes_of_a_call_and_nothing_runs(house: House) -> None:
    @house.agent.on("script")
    async def _(turn) -> None:
        made_up = ToolOutcome(ToolStatus.ERROR, "no $NET")
        outcome = await turn.call_tool("web_search", {}, CallScript(seconds=5, result=made_up))
        await turn.say(outcome.output)

    stream = await house.listen(await house.create("script"))
    await eventually(lambda: house.clock.waits_for(5) and stream.names[-1] == "tool_call")
    await house.clock.advance(5)
    await house.heard(stream)

    assert stream.payloads("tool_result")[0]["status"] == "error"
    assert (stream.text, house.backend.made) == ("no $NET", [])


async def test_two_scripted_calls_at_once_keep_their_own_times(house: House) -> None:
    def script(seconds: float) -> CallScript:
        return CallScript(seconds=seconds, result=ToolOutcome(ToolStatus.SUCCESS, f"{seconds}"))

    @house.agent.on("both")
    async def _(turn) -> None:
        outcomes = await turn.together([("a", {}, script(20)), ("b", {}, script(10))])
        await turn.say(" ".join(outcome.output for outcome in outcomes))

    stream = await house.listen(await house.create("both"))
    await eventually(lambda: house.clock.waits_for(20) and house.clock.waits_for(10))
    await house.clock.advance(10)
    assert len(stream.payloads("tool_result")) == 1
    await house.clock.advance(10)
    await house.heard(stream)

    assert stream.text == "20 10"


async def test_a_subagents_tool_shows_nothing_and_a_denied_one_does_not_run(house: House) -> None:
    denied = ProjectSettings(rules=ProjectRules(tools={"list_directory": Policy.DENY}))
    await house.layer.project_settings.change("project", denied)

    @house.agent.on("delegate")
    async def _(turn) -> None:
        for name in ("run_shell_command", "list_directory"):
            outcome = await turn.run_subagent_tool(name, {"command": "x"})
            await turn.say(f"{outcome.status.value} ")

    stream = await house.hear(await house.create("delegate"))

    assert stream.text == "success error "
    assert "tool_call" not in stream.names
