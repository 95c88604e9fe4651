"""Tests of tools that do other than they were told, or tell of another outcome."""

import asyncio

from sigmic_conformance.mock_server.agent.tools.builtin import Parameter, Tool
from sigmic_conformance.mock_server.agent.turn import ToolOutcome
from sigmic_conformance.mock_server.domain.model import ToolStatus
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from tests.fakes.faulty_house import FaultyHouse


async def ran(house: FaultyHouse, tool: str, command: str = "list") -> tuple[ToolStatus, str]:
    """Return how a call of `tool` with a command ended."""
    outcomes = []

    @house.agent.on("work")
    async def _(turn) -> None:
        outcomes.append(await turn.call_tool(tool, {"command": command}))

    await house.finish("work")
    return outcomes[-1].status, outcomes[-1].output


async def test_a_command_works_in_another_folder_and_other_tools_do_not(house: FaultyHouse) -> None:
    armed = house.arm("isolation.other-root")

    assert await ran(house, "run_shell_command") == (ToolStatus.SUCCESS, "cd / && list")
    assert await ran(house, "list_directory") == (ToolStatus.SUCCESS, "list")
    assert armed.fired == 1


async def test_other_content_is_written(house: FaultyHouse) -> None:
    written = []

    async def write(sandbox, args, env, limits) -> ToolOutcome:
        written.append(args["content"])
        return ToolOutcome(ToolStatus.SUCCESS, "")

    tool = Tool(
        name="write_file", summary="", parameters=(Parameter("content"),), read_only=False, work=write
    )
    runner = FaultyToolRunner({"write_file": tool}, house.sessions, house.mcp, faults=house.engine)
    session = house.sessions.of(await house.finish())
    assert session is not None
    house.arm("agent.writes-otherwise", times=1)

    for _ in range(2):
        await runner.run(session, "write_file", {"content": "mine"})

    assert written == ["something else", "mine"]


async def test_greedy_commands_are_counted_while_they_run(house: FaultyHouse) -> None:
    counts = []

    async def count(*_: object) -> bytes:
        counts.append(house.tools.greedy_commands.total())
        await asyncio.sleep(0)
        return b""

    house.backend.program = count
    house.arm("isolation.command-starves-others")
    for command in ("timeout 2 yes word", "for n in 1 2; do sleep 2 & done; wait", "echo yesterday"):
        await ran(house, "run_shell_command", command=command)

    assert (counts, house.tools.greedy_commands.total()) == ([1, 1, 0], 0)
