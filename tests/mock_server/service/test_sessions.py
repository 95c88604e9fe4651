"""Sessions: one sandbox, idle expiry, restore, and which data outlive a session."""

from sigmic_mock.domain.accounts import Seeds, WidgetApp
from sigmic_mock.domain.model import Principal, TaskStatus
from sigmic_mock.domain.secret import Secret
from sigmic_mock.service.sessions import MOST_IDLE_SANDBOXES
from tests.fakes.clock import settle
from tests.fakes.house import ALICE, House, echo_variables
from tests.fakes.waiting import eventually

IDLE = 1800.0
APP = WidgetApp(id="app", secret_digest=b"", project_id="project", name="App")


async def ann(house: House, **variables: dict[str, str]) -> Principal:
    """Exchange a token with these variables; return its end user."""
    accounts = house.layer.accounts
    accounts.adopt(Seeds(widget_apps=(APP,)))
    issued = await accounts.exchange(
        APP,
        "ann",
        lifetime_seconds=7200,
        env=variables.get("env", {}),
        secrets=variables.get("secrets", {}),
    )
    return await accounts.authenticate_token(issued.token, None)


async def ask(house: House, task_id: str, message: str, by: Principal = ALICE) -> str:
    """Send a follow-up and return the answer."""
    await house.tasks.send_message(by, task_id, message)
    stream = await house.hear(task_id, by=by)
    return stream.text


async def test_a_task_without_tools_starts_no_process(house: House) -> None:
    await house.finish()

    assert (house.backend.made, house.sessions.live) == ([], 1)


async def test_a_session_expires_after_its_idle_time_and_not_before(house: House) -> None:
    house.agent.uses("one", "1")
    task_id = await house.finish("one")
    [sandbox] = house.backend.made
    await house.clock.advance(IDLE - 0.001)
    assert (house.sessions.live, sandbox.alive) == (1, True)

    await house.clock.advance(0.001)
    await settle()
    assert (house.sessions.live, sandbox.alive) == (0, False)
    assert await house.status(task_id) is TaskStatus.COMPLETED


async def test_a_live_session_keeps_its_secrets_and_an_expired_one_says_what_is_gone(house: House) -> None:
    house.agent.uses("use", "curl -H $TOKEN ${OTHER}")
    task_id = await house.finish("use", secrets={"TOKEN": Secret("hunter22"), "UNUSED": Secret("abcdef")})
    assert await ask(house, task_id, "use") == "curl -H [secret TOKEN] ${OTHER}"

    await house.clock.advance(IDLE)
    answer = await ask(house, task_id, "use")
    assert answer.splitlines()[0] == "curl -H $TOKEN ${OTHER}"
    assert answer.splitlines()[1].startswith("[TOKEN is not set:")
    assert "UNUSED" not in answer


async def test_the_variables_of_a_token_are_given_but_not_shown_and_win_over_the_request(
    house: House,
) -> None:
    caller = await ann(house, env={"TENANT": "acme"}, secrets={"KEY": "from-exchange"})
    seen = {}

    async def remember(sandbox, argv, env) -> bytes:
        seen.update(env)
        return b""

    house.backend.program = remember
    house.agent.uses("use", "x")
    task_id = await house.create(
        "use",
        by=caller,
        env={"KEY": "mine", "MORE": "1"},
        secrets={"TENANT": Secret("evil-corp")},
    )
    await house.hear(task_id, by=caller)

    assert seen == {"TENANT": "acme", "KEY": "from-exchange", "MORE": "1"}
    assert (await house.tasks.get(caller, task_id)).task.env == {"KEY": "mine", "MORE": "1"}


async def test_a_live_session_keeps_the_token_variables_it_began_with_and_a_new_one_gets_the_newest(
    house: House,
) -> None:
    caller = await ann(house, env={"V": "old"})
    house.agent.uses("use", "$V")
    task_id = await house.create("use", by=caller)
    await house.hear(task_id, by=caller)
    await house.clock.advance(1)
    await ann(house, env={"V": "new"})

    assert await ask(house, task_id, "use", caller) == "old"
    await house.clock.advance(IDLE)
    assert await ask(house, task_id, "use", caller) == "new"


async def test_beyond_the_bound_the_longest_idle_session_expires_early(house: House) -> None:
    house.agent.uses("one", "1")
    for _ in range(MOST_IDLE_SANDBOXES + 1):
        await house.finish("one")
    await settle()

    first, *others = (sandbox.alive for sandbox in house.backend.made)
    assert (first, set(others), house.sessions.live) == (False, {True}, MOST_IDLE_SANDBOXES)
    await house.sessions.close()
    assert not any(sandbox.alive for sandbox in house.backend.made)


async def test_a_restored_session_waits_until_the_old_processes_have_left(house: House) -> None:
    house.agent.uses("one", "1")
    task_id = await house.finish("one")
    [old] = house.backend.made
    leave = old.may_close
    leave.clear()
    await house.clock.advance(IDLE)
    await house.tasks.send_message(ALICE, task_id, "one")
    stream = await house.listen(task_id)
    await eventually(lambda: "tool_call" in stream.names)
    await settle()
    assert len(house.backend.made) == 1

    leave.set()
    await house.heard(stream)
    assert len(house.backend.made) == 2


async def test_no_secret_leaves_the_sandbox_by_output_words_thoughts_or_errors(house: House) -> None:
    house.backend.program = echo_variables
    secret = "s3cr3t-value-4711"

    @house.agent.on("leak")
    async def _(turn) -> None:
        outcome = await turn.call_tool("run_shell_command", {"command": "echo $TOKEN " + secret})
        await turn.think("subject " + secret, "description " + secret)
        await turn.status("processing", "with " + secret)
        for character in f"It is {secret}, honest. {outcome.output} {secret[:-1]}":
            await turn.say(character)
            await turn.sleep(0)
        await turn.say("!")
        raise RuntimeError(secret)

    task_id = await house.create("leak", secrets={"TOKEN": Secret(secret)})
    stream = await house.hear(task_id)

    assert secret.encode() not in stream.received
    assert f"It is [secret TOKEN], honest. echo [secret TOKEN] [secret TOKEN] {secret[:-1]}!" == stream.text
    assert secret not in repr(await house.tasks.get(ALICE, task_id))
    assert secret not in repr(await house.tasks.history(ALICE, task_id))
    await house.close()
    for file in house.folder.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
