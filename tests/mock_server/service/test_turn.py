"""A captured turn continues as if it had not been interrupted, at any of its waits."""

from itertools import count
from typing import Any, Literal, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigmic_conformance.mock_server.agent.turn import CallScript, ToolOutcome, Turn
from sigmic_conformance.mock_server.domain.model import Outcome, ToolStatus
from sigmic_conformance.mock_server.runtime.clock.mode import Mode
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from tests.fakes.clock import settle
from tests.fakes.house import ALICE, House
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually

Step: TypeAlias = tuple[Literal["say", "think", "run", "sleep", "linger", "script", "ask"], Any]
STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "think"]), st.text(max_size=9))
    | st.tuples(st.just("run"), st.sampled_from("abc"))
    | st.tuples(st.sampled_from(["sleep", "linger", "script", "ask"]), st.integers(2, 3)),
    min_size=1,
    max_size=6,
)


async def perform(turn: Turn, steps: list[Step]) -> None:
    for kind, what in steps:
        match kind:
            case "say":
                await turn.say(what)
            case "think":
                await turn.think(what, "")
            case "run":
                await turn.say((await turn.call_tool("run_shell_command", {"command": what})).output)
            case "sleep":
                await turn.sleep(what)
            case "linger":  # no time passes: the test moves this clock
                await turn.linger(what)
            case "script":
                script = CallScript(seconds=what, result=ToolOutcome(ToolStatus.SUCCESS, "made up"))
                await turn.call_tool("web_search", {"query": what}, script)
            case "ask":
                await turn.call_tool("run_shell_command", {"command": "asked"}, CallScript(ask=True))


async def restored(house: House, task_id: str) -> RecordingSubscriber:
    """Abandon the run and continue from its capture, as a restored snapshot does; open a stream."""
    captured, state = house.runs.capture(task_id), house.sessions.capture(task_id)
    found = await house.store.load(task_id)
    assert captured is not None
    assert state is not None
    assert found is not None
    await house.runs.abandon("project")
    house.cache.forget(task_id)
    cached = CachedTask(*found)
    house.cache.keep(cached)
    house.runs.resume(cached, house.sessions.resume(cached.task, state), captured)
    return await house.listen(task_id)


async def played(house: House, steps: list[Step], restores: set[int]) -> tuple[Any, ...]:
    """Let the agent follow the steps, restored at some of its waits; return its stream and its calls."""
    message, runs = f"play {len(house.agent.turns)}", []

    async def program(_sandbox: object, argv: Any, _env: object) -> bytes:
        runs.append(argv[-1])
        return argv[-1].encode()

    house.backend.program = program
    house.agent.scripts[message] = lambda turn: perform(turn, steps)
    task_id = await house.create(message)
    stream = await house.listen(task_id)

    def waits() -> bool:
        if task_id not in house.runs.of_project("project"):
            return bool(stream.finished)
        captured = house.runs.capture(task_id)
        return captured is not None and captured.state.turn is not None

    for number in count():
        await eventually(waits)
        if stream.finished:
            break
        if number in restores:
            stream = await restored(house, task_id)
            await eventually(waits)
        if pending := house.runs.pending_approvals(task_id):
            await house.tasks.approve(ALICE, task_id, pending[0].call_id, Outcome.PROCEED_ONCE)
            await settle()
        else:
            await house.clock.advance(1)
    output = (await house.tasks.get(ALICE, task_id)).output
    assert output is not None
    assert stream.payloads("done") == [{"finalResponse": output.content}]
    assert stream.text == output.content
    assert stream.names.count("status") == (0 if restores & set(range(number)) else 2)
    calls = [(call.tool_name, call.args, call.status, call.output) for call in output.tool_calls]
    return number, output.content, output.thoughts, calls, runs


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(STEPS, st.sets(st.integers(0, 5), min_size=1))
async def test_a_restored_turn_comes_to_the_same_end_in_the_same_time(
    house: House, steps: list[Step], restores: set[int]
) -> None:
    said = "".join(what for kind, what in steps if kind in {"say", "run"})

    whole = await played(house, steps, set())

    assert whole[1] == said
    assert await played(house, steps, restores) == whole


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
