"""Running one tool: every error becomes an outcome, and no output contains a secret."""

import errno

import pytest

from sigmic_mock.domain.model import ToolStatus
from sigmic_mock.domain.secret import Secret
from sigmic_mock.ports import SandboxGone, SandboxUnavailable
from tests.fakes.house import House


async def test_a_dead_sandbox_is_an_error_of_its_call_and_the_next_call_gets_a_new_one(house: House) -> None:
    @house.agent.on("die")
    async def _(turn) -> None:
        first = await turn.call_tool("run_shell_command", {"command": "1"})
        await house.backend.made[0].close()
        second = await turn.call_tool("run_shell_command", {"command": "2"})
        await turn.say(f"{first.output} {second.output}")

    stream = await house.hear(await house.create("die"))

    assert (stream.text, len(house.backend.made)) == ("1 2", 2)


async def test_an_unknown_tool_is_an_error(house: House) -> None:
    house.agent.uses("use", "x", tool="teleport")
    stream = await house.hear(await house.create("use"))

    assert stream.text == "There is no tool named teleport."


async def test_a_sandbox_that_dies_under_a_tool_is_an_error_the_agent_goes_on_after(house: House) -> None:
    async def dies(sandbox, argv, env) -> bytes:
        await sandbox.close()
        raise SandboxGone

    house.backend.program = dies
    outcomes = []

    @house.agent.on("die")
    async def _(turn) -> None:
        outcomes.append(await turn.call_tool("run_shell_command", {"command": "1"}))
        await turn.say("still here")

    stream = await house.hear(await house.create("die"))

    assert [outcome.status for outcome in outcomes] == [ToolStatus.ERROR]
    assert stream.names[-1] == "done"


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (SandboxUnavailable("no namespaces in /proc"), ""),
        (TimeoutError(), ""),
        (OSError(errno.EMFILE, "Too many open files"), " The server has no free file descriptors."),
        (OSError(errno.ENOSPC, "No space left on device"), " The disk of the server is full."),
    ],
)
async def test_a_tool_without_a_sandbox_is_an_error_that_says_why(
    house: House, problem: Exception, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.backend.refusal = problem
    house.agent.uses("use", "x")

    stream = await house.hear(await house.create("use"))

    [result] = stream.payloads("tool_result")
    assert (result["status"], result["output"]) == (
        "error",
        f"No sandbox could be started for this tool.{words}",
    )
    assert [record.exc_info for record in caplog.records if record.levelname == "ERROR"] == [None]


async def test_a_secret_cut_in_two_by_the_end_of_long_output_is_not_shown_in_part(house: House) -> None:
    async def long(*_: object) -> bytes:
        return b"x" * 10 + b"s3cr3t-va\n[output truncated]"

    house.backend.program = long
    house.agent.uses("long", "x")
    stream = await house.hear(await house.create("long", secrets={"T": Secret("s3cr3t-value-4711")}))

    assert stream.text == "xxxxxxxxxx[secret]\n[output truncated]"
