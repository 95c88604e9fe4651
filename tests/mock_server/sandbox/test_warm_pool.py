"""When spares are created, and when not; how a spare becomes the sandbox of exactly one session."""

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox.live import LiveSandbox
from sigmic_mock.sandbox.warm_pool import WarmPool
from tests.fakes.waiting import eventually
from tests.mock_server.sandbox.conftest import opened


class FakeInitProcess:
    """The part of an init process that `WarmPool` uses."""

    def __init__(self) -> None:
        self.alive = True
        self.on_end: Callable[[], None] = lambda: None
        self.ended = 0

    def listen(self, _on_message: Callable[..., None], on_end: Callable[[], None]) -> None:
        self.on_end = on_end

    def die(self) -> None:
        self.alive = False
        self.on_end()

    async def end(self) -> None:
        self.ended += 1
        if self.alive:
            self.die()


class Workshop:
    """Creates spares, or fails, and wakes the tests that wait for it."""

    def __init__(self) -> None:
        self.made: list[FakeInitProcess] = []
        self.asked = 0
        self.refusal: Exception | None = None
        self._turn = asyncio.Condition()

    async def make(self) -> FakeInitProcess:
        async with self._turn:
            self.asked += 1
            self._turn.notify_all()
        if self.refusal is not None:
            raise self.refusal
        self.made.append(FakeInitProcess())
        return self.made[-1]

    async def asked_for(self, number: int) -> None:
        async with asyncio.timeout(10), self._turn:
            await self._turn.wait_for(lambda: self.asked >= number)


@pytest.fixture
async def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
async def spares(workshop: Workshop) -> AsyncIterator[WarmPool[FakeInitProcess]]:
    """One spare is wanted."""
    spares = WarmPool(workshop.make, quiet=0.001, prompt=60.0)
    spares.want(1)
    yield spares
    await spares.close()


async def test_there_are_none_before_the_first_use_and_all_after_it(workshop, spares):
    spares.want(2)
    assert (list(spares), spares._timer) == ([], None)
    spares.used()
    assert workshop.asked == 0
    await workshop.asked_for(2)

    await eventually(lambda: len(list(spares)) == 2)
    assert spares._timer is None


async def test_a_call_for_a_sandbox_puts_the_next_one_off(spares):
    spares.used()
    first = spares._timer
    spares.used()

    assert first is not None
    assert first.cancelled()
    assert spares._timer is not None
    assert not spares._timer.cancelled()


async def test_a_request_goes_first(workshop, spares):
    spares.used()

    assert spares.take() is None
    assert spares._timer is None
    spares.used()
    await workshop.asked_for(1)


async def test_a_busy_loop_puts_it_off(workshop):
    spares = WarmPool(workshop.make)
    spares.want(1)
    spares._rested(asyncio.get_running_loop().time() - 1)

    assert spares._refilling is None
    assert spares._timer is not None
    await spares.close()


async def test_one_is_taken_once_and_is_no_more_ours_to_end(spares):
    spares.want(2)
    await spares.fill()
    first, second = list(spares)

    assert (spares.take(), spares.take(), spares.take()) == (first, second, None)
    await spares.close()
    assert (first.ended, second.ended) == (0, 0)


async def test_one_that_dies_is_forgotten_and_cleared_away(spares):
    spares.want(2)
    await spares.fill()
    dead, living = list(spares)
    dead.die()

    assert list(spares) == [living]
    await spares.close()
    assert (dead.ended, living.ended) == (1, 1)


async def test_one_that_is_dead_at_once_is_never_offered(workshop):
    class StillBorn(FakeInitProcess):
        def __init__(self) -> None:
            super().__init__()
            self.alive = False

    born = StillBorn()

    async def make() -> FakeInitProcess:
        return born

    spares = WarmPool(make)
    spares.want(1)
    await spares._add()

    assert list(spares) == []
    assert born.ended == 1


@pytest.mark.parametrize("refusal", [SandboxUnavailable("no"), TimeoutError(), OSError("no files left")])
async def test_a_failure_is_reported_and_not_repeated_before_the_next_use(workshop, spares, refusal, caplog):
    workshop.refusal = refusal
    spares.used()
    await workshop.asked_for(1)
    await eventually(lambda: spares._refilling is None)

    assert "no spare sandbox could be made" in caplog.text
    assert spares._timer is None
    workshop.refusal = None
    spares.used()
    await eventually(lambda: len(list(spares)) == 1)


async def test_closing_ends_them_and_makes_no_more(workshop, spares):
    await spares.fill()
    spares.take()
    spares.used()
    await spares.close()
    spares.used()

    assert workshop.asked == 1
    assert spares._timer is None


async def test_closing_while_one_is_made_leaves_nothing(workshop):
    going_on, made = asyncio.Event(), FakeInitProcess()

    async def make() -> FakeInitProcess:
        going_on.set()
        try:
            await asyncio.Event().wait()
        finally:
            await made.end()
        return made

    spares = WarmPool(make)
    spares.want(1)
    spares.used()
    await going_on.wait()
    await spares.close()

    assert made.ended == 1
    assert list(spares) == []


# --- of the `ns` backend -------------------------------------------------------------------------------


@pytest.fixture
async def pooled(ns):
    ns.keep_spares(1)
    await ns.pool.fill()
    return ns


async def said(sandbox: LiveSandbox, script: str, **env: str) -> str:
    outcome = await sandbox.run(["sh", "-c", script], env=env)
    assert (outcome.exit_code, outcome.stderr) == (0, b"")
    return outcome.stdout.decode().strip()


async def test_opening_a_backend_makes_none_though_its_probe_was_a_sandbox(folder):
    async with opened("ns", folder) as backend:
        backend.keep_spares(2)
        assert (list(backend.pool), backend.pool._timer) == ([], None)


async def test_a_spare_that_waits_sees_no_workspace_at_all(pooled, workspace):
    workspace(pooled, "somebodys")
    spare = pooled.pool.take()
    waiting = LiveSandbox("waiting", "/", first=spare, recipe=pooled.recipe, on_closed=lambda _: None)

    assert await said(waiting, "ls -A /.workspaces /workspace") == "/.workspaces:\n\n/workspace:"
    assert "workspaces" not in await said(waiting, "cut -d' ' -f4-5 /proc/self/mountinfo")
    await waiting.close()


async def test_nothing_of_one_session_is_found_by_the_next(pooled, workspace):
    hide = "for place in /workspace /tmp /dev/shm $HOME; do echo $SECRET >$place/left; done; sleep 600 &"
    look = "ls /workspace /tmp /dev/shm $HOME; env; cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
    one = await pooled.create("one", workspace(pooled, "one"))
    await one.run(["sh", "-c", hide], env={"SECRET": "s3cret"})
    for number in range(2):
        await pooled.pool.fill()
        assert one._first not in pooled.pool
        other = await pooled.create(f"other-{number}", workspace(pooled, f"other-{number}"))
        found = await said(other, look)
        assert "left" not in found
        assert "s3cret" not in found
        assert "sleep" not in found
        await one.close()
        one = other


async def test_it_has_one_workspace_in_its_life(pooled, workspace):
    sandbox = await pooled.create("task", workspace(pooled, "task"))
    workspace(pooled, "other")

    with pytest.raises(SandboxUnavailable, match="only one"):
        await sandbox._first.enter("other")


async def test_the_workspace_lends_no_privileges_and_no_devices(pooled, workspace):
    sandbox = await pooled.create("task", workspace(pooled, "task"))
    options = await said(sandbox, "grep ' /workspace ' /proc/self/mountinfo | cut -d' ' -f6")

    assert {"nosuid", "nodev"} <= set(options.split(","))


async def test_one_that_died_unnoticed_is_not_handed_out(pooled, workspace):
    (spare,) = pooled.pool
    spare._kill()
    dead = select.poll()
    dead.register(spare._pidfd, select.POLLIN)
    assert dead.poll(10_000)  # while the loop is blocked
    assert spare.alive
    sandbox = await pooled.create("task", workspace(pooled, "task"))

    assert sandbox._first is not spare
    assert await said(sandbox, "echo here") == "here"


async def test_one_that_died_is_replaced_after_the_next_use(pooled, workspace):
    (dead,) = pooled.pool
    dead._kill()
    await eventually(lambda: dead not in pooled.pool)
    sandbox = await pooled.create("task", workspace(pooled, "task"))

    assert await said(sandbox, "echo here") == "here"
    await eventually(lambda: len(list(pooled.pool)) == 1)


async def test_a_dead_zygote_takes_them_along(pooled, workspace):
    (spare,) = pooled.pool
    pooled._zygote._process.kill()
    pooled._zygote._process.wait()
    sandbox = await pooled.create("task", workspace(pooled, "task"))

    assert await said(sandbox, "echo here") == "here"
    await eventually(lambda: spare not in pooled.pool)
    await pooled.pool.fill()
    again = await pooled.create("again", workspace(pooled, "again"))
    assert await said(again, "echo here") == "here"


async def test_none_is_made_while_there_is_no_zygote(ns):
    ns.keep_spares(1)
    ns._zygote._process.kill()
    await eventually(lambda: not ns._zygote.alive)

    with pytest.raises(SandboxUnavailable, match="the zygote has ended"):
        await ns.pool.fill()


async def test_closing_the_backend_ends_them(pooled):
    (spare,) = pooled.pool
    pidfd = os.dup(spare._pidfd)
    try:
        await pooled.close()
        assert select.select([pidfd], [], [], 0)[0] == [pidfd]
    finally:
        os.close(pidfd)


async def test_no_descriptor_is_left_here_or_in_the_zygote(pooled, workspace):
    async def round_trip(number: int) -> None:
        await pooled.pool.fill()
        sandbox = await pooled.create(f"r{number}", workspace(pooled, f"r{number}"))
        await said(sandbox, "true")
        await sandbox.close()

    pooled.pool._wait = lambda: None
    await round_trip(0)
    before = descriptors(pooled)
    for number in range(1, 20):
        await round_trip(number)

    assert descriptors(pooled) == before


def descriptors(backend) -> tuple[int, int]:
    zygote = backend._zygote._process.pid
    return len(list(Path("/proc/self/fd").iterdir())), len(list(Path(f"/proc/{zygote}/fd").iterdir()))


async def test_the_zygote_is_at_home_after_a_handover_and_after_one_that_failed(pooled, workspace, folder):
    sandbox = await pooled.create("task", workspace(pooled, "task"))
    await pooled.pool.fill()
    spare = pooled.pool.take()
    with pytest.raises(SandboxUnavailable, match="clone"):
        await spare.enter("missing")
    await spare.end()
    fresh = await pooled.create("fresh", workspace(pooled, "fresh"))

    assert await said(fresh, "echo fresh >x; ls") == "x"
    assert await said(sandbox, "ls") == ""
    assert (folder / "fresh" / "x").exists()


async def test_an_ordinary_tree_has_no_spares(folder):
    async with opened("process", folder) as backend:
        backend.keep_spares(2)
        await backend.pool.fill()
        assert list(backend.pool) == []
        assert backend._zygote is not None
        with pytest.raises(SandboxUnavailable, match="no separate file system"):
            await backend._zygote.assign("x", os.open("/", os.O_RDONLY))
