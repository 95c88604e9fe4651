"""MCP servers: the suite's own server, as used by the tasks of a project that configures it.

The messages use the server's own name of a tool, which a model finds under any prefix.
"""

import asyncio
import json
from dataclasses import dataclass

from sigmic_conformance.model.record.probe_reports import DIGESTS, is_call
from sigmic_conformance.target.mcp_server.configuration import TIMEOUT_MILLISECONDS
from sigmic_conformance.target.mcp_server.program import digest
from sigmic_conformance.traffic.callers import Caller, bearer
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.live_stream import LiveEvent, LiveStream
from sigmic_conformance.traffic.probe import Concurrency, Requires, probe
from sigmic_conformance.traffic.probes.session import expiry, session_of
from sigmic_conformance.traffic.probes.token import user
from sigmic_conformance.traffic.prompts import attempts, call_tools, nonce, shell
from sigmic_conformance.traffic.session_expiry import expire
from sigmic_conformance.traffic.steps import Run, ask, created, decide, get, poll, run, say

MCP = (Requires.WRITES, Requires.MCP)
OFFERED = ("http_echo", "http_digests", "stdio_echo", "stdio_digests")
BEGUN_SECONDS = 0.5
"""The wait after a call, so that the server has it when the task is cancelled."""
WITHHELD = ("off_echo", "http_hidden", "stdio_hidden")
SLOW_SECONDS = TIMEOUT_MILLISECONDS // 1000 + 1


@dataclass(frozen=True, slots=True)
class Given:
    """The variables of one task for the configuration's placeholders; `digests` are by variable name."""

    env: dict[str, str]
    secrets: dict[str, str]

    @property
    def digests(self) -> dict[str, str]:
        """The digest that the server reports for each, if secrets override env; `PROBE_PAIR` is of two."""
        values = self.env | self.secrets
        pair = {"PROBE_PAIR": f"{values['PROBE_PLAIN']}/{values['PROBE_SECRET']}"}
        return {name: digest(value) for name, value in (values | pair).items()}


def given(driver: Driver, word: str, *, mood: str | None = "well") -> Given:
    """New variables, with the mood only if there is one; the redactor learns the secrets."""
    secret, both = f"canary-{nonce()}-{nonce()}", f"canary-{nonce()}-{nonce()}"
    driver.redactor.learn(secret)
    driver.redactor.learn(both)
    # The signs have a meaning in JSON, or in a function that replaces text.
    env = {"PROBE_WORD": word, "PROBE_PLAIN": f'{nonce()}$&$$\\1"', "PROBE_BOTH": "from-env"}
    env |= {} if mood is None else {"PROBE_MOOD": mood}
    return Given(env, {"PROBE_SECRET": secret, "PROBE_BOTH": both})


def owner_of_servers(driver: Driver) -> Caller:
    """The owner of the project with the servers; Interrupted if there is no key for it."""
    key = driver.credentials.roles.get("mcp")
    if key is None:
        raise Interrupted("no API key of a project with the suite's MCP server was given")
    return bearer("mcp", key)


async def used(
    driver: Driver,
    word: str,
    *tools: str,
    caller: Caller,
    label: str,
    more: str = "",
    or_failed: bool = False,
    **fields: object,
) -> tuple[int, Run]:
    """Create tasks that call these tools until one does; return the number of the attempt and its run.

    With `or_failed`, a task that fails is accepted as well.
    """

    async def attempt(number: int) -> tuple[int, Run] | None:
        message = call_tools(word, *tools) + more
        done = await run(driver, message, label=f"{label} {number}", caller=caller, **fields)
        failed = or_failed and any(event.type == "error" for event in done.live.events)
        reached = failed or all(called(done.live, word, tool) for tool in tools)
        return (number, done) if reached else None

    return await attempts(driver, f"calls of {', '.join(tools)}", attempt)


def called(live: LiveStream, word: str, tool: str) -> bool:
    """Whether the tool was called with its text, on any connection of the reader."""
    return any(is_called(event, word, tool) for event in (*live.before, *live.events))


def is_called(event: LiveEvent, word: str, tool: str) -> bool:
    """Whether this event is a call of the tool with its text."""
    text = f"{word}.{tool}"
    return event.calls(text) and is_call(event.field("toolName"), tool)


@probe(seconds=8, concurrency=Concurrency.AGENT, requires=MCP, capabilities=["mcp", "environment"])
async def mcp_servers(driver: Driver) -> None:
    """Call the tools of three servers, one slowly; then those that must not be there, and one that fails."""
    caller, word = owner_of_servers(driver), driver.note("word", nonce())
    variables = given(driver, word)
    driver.note("digests", variables.digests)
    secrets = variables.secrets.values()
    driver.note("placeholders", [driver.redactor.placeholder(each) for each in secrets])
    number, done = await used(
        driver,
        word,
        *OFFERED,
        caller=caller,
        label="attempt",
        more="\n".join(
            (
                "",
                call_tools(word, "sse_echo", "moody_echo"),
                call_tools(word, "moody_slow", seconds=SLOW_SECONDS),
                shell(f"echo {word}.built-in"),
            )
        ),
        env=variables.env,
        secrets=variables.secrets,
    )
    driver.note("run", f"attempt {number}")

    async def filtering(number: int) -> LiveStream | None:
        label = driver.note("filtered", f"filtering {number}")
        # A tool that is not offered cannot be called: the call of the first shows that the agent obeyed.
        message = call_tools(word, "http_digests", "http_last", "stdio_echo", *WITHHELD)
        live = await ask(driver, done.task, message, label=label, caller=caller)
        return live if called(live, word, "http_digests") else None

    async def failing(number: int) -> LiveStream | None:
        label = driver.note("failed", f"failing {number}")
        live = await ask(driver, done.task, call_tools(word, "http_fail"), label=label, caller=caller)
        return live if called(live, word, "http_fail") else None

    await attempts(driver, "tools that are not offered", filtering)
    await attempts(driver, "a tool that fails", failing)
    await _cancelled(driver, done.task, word, caller)
    await get(driver, done.task, label="read back", caller=caller)
    path = {"id": done.task}
    await driver.call("get_task_history", label="history", caller=caller, path=path)


async def _cancelled(driver: Driver, task: str, word: str, caller: Caller) -> None:
    """Cancel the task while a server is slow to answer, and wait until it would have answered."""
    args = json.dumps({"text": f"{word}.http_slow", "seconds": SLOW_SECONDS})
    if not (await say(driver, task, f"Call the tool http_slow with {args}", label="slow", caller=caller)).ok:
        return
    live = await driver.open_stream(task, label="slow: stream", caller=caller)
    await live.until(
        lambda event: event.type in {"done", "error"} or is_called(event, word, "http_slow"),
        driver.profile.task_seconds,
    )
    await asyncio.sleep(BEGUN_SECONDS)
    await driver.call("cancel_task", label="slow: cancel", path={"id": task}, caller=caller)
    await live.finish(SLOW_SECONDS)
    await poll(
        driver, task, frozenset({"cancelled"}), label="slow: cancelled", timeout=SLOW_SECONDS, caller=caller
    )


@probe(
    seconds=expiry,
    concurrency=Concurrency.TIMING,
    requires=(*MCP, Requires.EXPIRY),
    capabilities=["mcp", "environment", "sessions"],
)
async def mcp_restored(driver: Driver) -> None:
    """Call the tools of two servers, let the session expire, and call them again, and those not offered."""
    caller, word = owner_of_servers(driver), driver.note("word", nonce())
    tools = ("http_echo", "stdio_echo")
    # Not as secrets: a restored session may have lost those.
    env = {f"PROBE_{name}": nonce() for name in ("PLAIN", "BOTH", "SECRET", "MOOD")} | {"PROBE_WORD": word}
    _, done = await used(driver, word, *tools, caller=caller, label="attempt", env=env)
    before = await get(driver, done.task, label="before", caller=caller)
    await expire(driver, done.task, session_of(before))

    async def again(number: int) -> LiveStream | None:
        label = driver.note("restored", f"restored {number}")
        message = call_tools(word, *tools, *WITHHELD)
        live = await ask(driver, done.task, message, label=label, caller=caller)
        return live if all(called(live, word, tool) for tool in tools) else None

    await attempts(driver, "the tools after a restore", again)
    if driver.profile.has_mcp_widget and driver.profile.offers("widget"):
        await _restored_of_a_user(driver, word)


async def _restored_of_a_user(driver: Driver, word: str) -> None:
    """Let the session of an end user expire, whose variables the token exchange gave."""
    variables = given(driver, word)
    driver.note("digests", variables.digests)
    app = {"appId": driver.credentials.mcp_app_id, "appSecret": driver.credentials.mcp_app_secret}
    maps = {"env": variables.env, "secrets": variables.secrets}
    caller = await user(driver, f"user-{nonce()}", label="token", **maps, **app)
    _, done = await used(driver, word, *DIGESTS, caller=caller, label="of a user")
    before = await get(driver, done.task, label="of a user: before", caller=caller)
    await expire(driver, done.task, session_of(before))

    async def again(number: int) -> LiveStream | None:
        label = driver.note("of a user", f"of a user: restored {number}")
        live = await ask(driver, done.task, call_tools(word, *DIGESTS), label=label, caller=caller)
        return live if all(called(live, word, tool) for tool in DIGESTS) else None

    await attempts(driver, "an end user's tools after a restore", again)


@probe(seconds=8, concurrency=Concurrency.AGENT, requires=MCP, capabilities=["mcp", "environment"])
async def mcp_failures(driver: Driver) -> None:
    """Work next to a server that is dead, late, or whose address needs a variable that is not given."""
    caller, word = owner_of_servers(driver), driver.note("word", nonce())
    for mood, what, chosen in (
        ("dead", "dead server", "dead"),
        ("late", "late server", "late"),
        (None, "unresolved placeholder", "unresolved"),
    ):
        # Each has a separate word: from the URL the server knows which others were reached with it.
        variables = given(driver, nonce(), mood=mood)
        more = "\n" + call_tools(word, "moody_echo") if mood == "late" else ""
        number, _ = await used(
            driver,
            word,
            *("http_echo", "http_digests"),
            caller=caller,
            label=what,
            more=more,
            or_failed=mood == "dead",
            env=variables.env,
            secrets=variables.secrets,
        )
        driver.note(chosen, f"{what} {number}")


@probe(
    seconds=4, concurrency=Concurrency.AGENT, requires=MCP, capabilities=["mcp", "environment", "approvals"]
)
async def mcp_policies(driver: Driver) -> None:
    """Call a tool that asks though the task does not, a denied one, and an allowed one in a strict task."""
    caller, word = owner_of_servers(driver), driver.note("word", nonce())

    async def answered(tool: str, label: str, *, auto_execute: bool) -> int:
        """Return the attempt in which the tool was called; its call is approved if it waits."""

        async def attempt(number: int) -> int | None:
            variables = given(driver, word)
            task = await created(
                driver,
                call_tools(word, tool),
                label=f"{label} {number}: create",
                caller=caller,
                autoExecute=auto_execute,
                env=variables.env,
                secrets=variables.secrets,
            )
            live = await driver.open_stream(task, label=f"{label} {number}: stream", caller=caller)
            was_called = await approved(driver, task, live, word, tool, caller=caller)
            return number if was_called else None

        return await attempts(driver, f"a call of {tool}", attempt)

    number = await answered("http_ask", "asking", auto_execute=True)
    driver.note("asking", f"asking {number}")
    variables = given(driver, word)
    number, _ = await used(
        driver,
        word,
        "http_deny",
        "http_echo",
        caller=caller,
        label="denying",
        env=variables.env,
        secrets=variables.secrets,
    )
    driver.note("denying", f"denying {number}")
    number = await answered("stdio_echo", "strict", auto_execute=False)
    driver.note("strict", f"strict {number}")


async def approved(
    driver: Driver, task: str, live: LiveStream, word: str, tool: str, *, caller: Caller
) -> bool:
    """Read a stream to its end, and approve the tool's call if it waits; False without a call."""
    seconds = driver.profile.task_seconds
    call = await live.until(
        lambda event: event.type in {"done", "error"} or is_called(event, word, tool), seconds
    )
    if call is None or call.type != "tool_call":
        live.hang_up()
        return False
    if call.field("status") == "awaiting_approval":
        await decide(driver, task, call.call, "proceed_once", label="approve", caller=caller)
    await live.terminal(seconds)
    live.hang_up()
    return True


@probe(
    seconds=3,
    concurrency=Concurrency.AGENT,
    requires=[Requires.WRITES, Requires.MCP, Requires.MCP_WIDGET],
    capabilities=["mcp", "widget"],
)
async def mcp_exchange(driver: Driver) -> None:
    """Give the variables with the exchange for a token, and have two tasks of an end user ask the servers.

    Before the tasks, another end user is given others. A user of the owner's app has the same id and asks for
    a tool.
    """
    word = driver.note("word", nonce())
    variables = given(driver, word)
    driver.note("digests", variables.digests)
    application = {"appId": driver.credentials.mcp_app_id, "appSecret": driver.credentials.mcp_app_secret}
    name, others = f"user-{nonce()}", given(driver, nonce())
    caller, _ = [
        await user(driver, who, label=label, env=each.env, secrets=each.secrets, **application)
        for who, label, each in ((name, "token", variables), (f"{name}-2", "another user", others))
    ]
    number, _ = await used(driver, word, "http_digests", "stdio_digests", caller=caller, label="attempt")
    driver.note("run", f"attempt {number}")
    number, done = await used(driver, word, "http_digests", "stdio_digests", caller=caller, label="again")
    driver.note("again", f"again {number}")
    if driver.profile.has_widget:
        given_too = {"env": variables.env, "secrets": variables.secrets}
        namesake = await user(driver, name, label="namesake", **given_too)
        task = (await run(driver, call_tools(word, "http_echo"), label="namesake", caller=namesake)).task
        # From these two it is known that the apps belong to different projects.
        await get(driver, task, label="owner: namesake's task")
        await get(driver, done.task, label="owner: again")
        for operation in ("get_task", "get_task_history", "list_artifacts", "stream_task"):
            label = f"namesake's: {operation}"
            await driver.call(operation, label=label, caller=caller, path={"id": task})
        await driver.call("list_tasks", label="namesake's: list_tasks", caller=caller)
