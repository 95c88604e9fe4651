"""Tests of a turn as the agent sees it: a captured one goes on where it stood, and nothing comes twice."""

from sigmic_conformance.mock_server.agent.turn import CallScript, ToolOutcome
from sigmic_conformance.mock_server.domain.model import Outcome, TaskStatus, ToolStatus
from sigmic_conformance.mock_server.service.run import CapturedRun
from sigmic_conformance.mock_server.service.task_cache import CachedTask
from tests.fakes.house import ALICE, House
from tests.fakes.subscriber import RecordingSubscriber
from tests.fakes.waiting import eventually


async def resumed(house: House, task_id: str, captured: CapturedRun) -> RecordingSubscriber:
    """Abandon the run and go on from what was captured, as a restored snapshot does; return a new stream."""
    state = house.sessions.capture(task_id)
    found = await house.store.load(task_id)
    assert state is not None
    assert found is not None
    await house.runs.abandon("project")
    house.cache.forget(task_id)
    cached = CachedTask(*found)
    house.cache.keep(cached)
    house.runs.resume(cached, house.sessions.resume(cached.task, state), captured)
    return await house.listen(task_id)


async def test_a_turn_that_slept_sleeps_for_what_was_left_and_repeats_nothing(house: House) -> None:
    runs = []

    async def count(*_: object) -> bytes:
        runs.append("run")
        return b"printed"

    house.backend.program = count

    @house.agent.on("work")
    async def _(turn) -> None:
        await turn.think("S", "d")
        outcome = await turn.call_tool("run_shell_command", {"command": "x"})
        await turn.say(f"before {outcome.output}, ")
        await turn.sleep(100)
        await turn.say("after")

    task_id = await house.create("work")
    await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(100))
    await house.clock.advance(70)
    captured = house.runs.capture(task_id)
    assert captured is not None

    stream = await resumed(house, task_id, captured)
    await house.clock.advance(29)
    assert not stream.finished
    await house.clock.advance(1)
    await house.heard(stream)

    assert stream.text == "before printed, after"
    assert stream.names.count("thought") == stream.names.count("tool_result") == 1
    assert runs == ["run"]


async def test_a_call_that_asked_asks_still_and_runs_once_it_is_approved(house: House) -> None:
    @house.agent.on("ask")
    async def _(turn) -> None:
        outcome = await turn.call_tool("run_shell_command", {"command": "hi"})
        await turn.say(outcome.output)

    task_id = await house.create("ask", auto_execute=False)
    stream = await house.listen(task_id)
    await house.until(task_id, TaskStatus.AWAITING_APPROVAL)
    await eventually(lambda: "tool_call" in stream.names)
    captured = house.runs.capture(task_id)
    assert captured is not None

    stream = await resumed(house, task_id, captured)
    await eventually(lambda: bool(house.runs.pending_approvals(task_id)))
    [call] = house.runs.pending_approvals(task_id)
    assert await house.tasks.approve(ALICE, task_id, call.call_id, Outcome.PROCEED_ONCE)
    await house.heard(stream)

    assert stream.text == "hi"
    assert [p["status"] for p in stream.payloads("tool_call")] == ["awaiting_approval", "executing"]


async def test_a_scripted_call_goes_on_for_what_was_left_of_its_time(house: House) -> None:
    script = CallScript(seconds=50, result=ToolOutcome(ToolStatus.SUCCESS, "made up"))

    @house.agent.on("script")
    async def _(turn) -> None:
        await turn.say((await turn.call_tool("web_search", {"query": "x"}, script)).output)

    task_id = await house.create("script")
    await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(50))
    await house.clock.advance(20)
    captured = house.runs.capture(task_id)
    assert captured is not None

    stream = await resumed(house, task_id, captured)
    await eventually(lambda: house.clock.waits_for(30))
    await house.clock.advance(30)
    await house.heard(stream)

    assert (stream.text, len(stream.payloads("tool_call"))) == ("made up", 1)


async def test_a_session_expires_with_the_turn_that_says_so(house: House) -> None:
    @house.agent.on("leave")
    async def _(turn) -> None:
        turn.expire_session()
        await turn.sleep(1)

    task_id = await house.create("leave")
    stream = await house.listen(task_id)
    await eventually(lambda: house.clock.waits_for(1))
    assert house.sessions.of(task_id) is not None

    await house.clock.advance(1)
    await house.heard(stream)
    assert house.sessions.of(task_id) is None
