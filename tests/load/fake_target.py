"""A target of the load tests that misbehaves in ways that no fault of the mock covers, as `Habits` describes.

It supports only the requests of a load test. Run it as a process: `python -m tests.load.fake_target JSON`.
"""

import asyncio
import itertools
import json
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from aiohttp import web

ROOT = Path(__file__).parents[2]
LAST = {
    "done": b'event: done\ndata: {"status":"completed"}\n\n',
    "error": b'event: error\ndata: {"message":"No more","code":"OVERLOADED"}\n\n',
    "cut": b"",
    "nothing": b"",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the target misbehaves; times are in seconds. Only each `every`th stream is affected."""

    period: float = 1.0
    every: int = 1
    ends_after: float | None = None
    ends_with: str = "done"
    answers_after: float = 0.0
    status: int = 200
    silent_after: float | None = None
    late: float = 0.0
    """Delay of each heartbeat after its due time."""
    drops: int = 0
    """The last of every N heartbeats is left out."""
    pairs: bool = False
    """Send two heartbeats together, every second period."""
    flood: bool = False
    """Send comments without a pause."""
    stays: bool = False
    """Go on with heartbeats after the last event of `ends_with`."""
    says_after: float | None = None
    """When to send `says`."""
    says: str = ""
    """Raw events to send in the middle of a stream."""
    cuts_after: float | None = None
    """When to reset the connection."""
    history: str = 'event: history_done\ndata: {"messageCount":1,"isStreaming":true}\n\n'
    media_type: str = "text/event-stream"
    creates_after: float = 0.0
    create_status: int = 201

    @property
    def as_argument(self) -> str:
        return json.dumps(asdict(self))


def application(habits: Habits) -> web.Application:
    """Return the target."""
    tasks, streams = itertools.count(1), itertools.count(1)
    open_now: set[int] = set()

    async def create(_: web.Request) -> web.Response:
        number = next(tasks)
        if number % habits.every == 0:
            await asyncio.sleep(habits.creates_after)
        told = {"success": True, "data": {"id": f"task-{number}"}}
        return web.json_response(told, status=habits.create_status)

    async def listed(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "data": [], "pagination": {"total": 0}})

    async def cancel(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "data": {"status": "cancelled"}})

    async def stream(request: web.Request) -> web.StreamResponse:
        mine = habits if next(streams) % habits.every == 0 else Habits(period=habits.period)
        return await streamed(request, mine, open_now)

    async def shown(_: web.Request) -> web.Response:
        return web.json_response({"success": True, "data": {"status": "completed"}})

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(text=f"sigmic_mock_open_streams {len(open_now)}\n")

    made = web.Application()
    made.router.add_get("/metrics", metrics)
    made.router.add_post("/api/v1/tasks", create)
    made.router.add_get("/api/v1/tasks", listed)
    made.router.add_get("/api/v1/tasks/{id}", shown)
    made.router.add_delete("/api/v1/tasks/{id}", cancel)
    made.router.add_get("/api/v1/tasks/{id}/stream", stream)
    return made


async def streamed(request: web.Request, mine: Habits, open_now: set[int]) -> web.StreamResponse:
    """Answer one stream, as its habits are."""
    await asyncio.sleep(mine.answers_after)
    if mine.status != 200:
        return web.Response(status=mine.status)
    answer = web.StreamResponse(headers={"Content-Type": mine.media_type})
    await answer.prepare(request)
    await answer.write(mine.history.encode())
    open_now.add(id(answer))
    loop, cut = asyncio.get_running_loop(), request.transport
    assert cut is not None
    if mine.cuts_after is not None:
        loop.call_later(mine.cuts_after, cut.abort)
    try:
        async with asyncio.TaskGroup() as group:
            if mine.says_after is not None:
                group.create_task(say(answer, mine.says_after, mine.says))
            await (flood(answer) if mine.flood else beat(answer, mine))
    except* ConnectionError:
        pass  # the reader has disconnected
    finally:
        open_now.discard(id(answer))
    if mine.ends_with == "cut":
        cut.abort()
    return answer


async def say(answer: web.StreamResponse, after: float, text: str) -> None:
    """Write events after a time."""
    await asyncio.sleep(after)
    await answer.write(text.encode())


async def flood(answer: web.StreamResponse) -> None:
    """Write comments for ever."""
    while True:
        await answer.write(4000 * b": x\n\n")


async def beat(answer: web.StreamResponse, habits: Habits) -> None:
    """Write heartbeats until the stream ends, on time except for the habits."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in itertools.count(1):
        due = number * habits.period
        end = habits.ends_after
        if end is not None and due + habits.late > end:
            await asyncio.sleep(began + end - loop.time())
            await answer.write(LAST[habits.ends_with])
            return
        await asyncio.sleep(began + due + habits.late - loop.time())
        if habits.silent_after is not None and due > habits.silent_after:
            continue
        if habits.pairs and number % 2:
            continue
        if not habits.drops or number % habits.drops:
            await answer.write(b":heartbeat\n\n" * (2 if habits.pairs else 1))


class Fake:
    """A started fake target."""

    key = "none"

    def __init__(self, habits: Habits) -> None:
        command = [sys.executable, "-m", __name__, habits.as_argument]
        self.process: subprocess.Popen[bytes] | None = subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=ROOT
        )
        with self.process.stdout or nullcontext() as out:
            assert out is not None
            self.url = f"http://127.0.0.1:{int(out.readline())}"

    def stop(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


async def main(habits: Habits) -> None:
    """Serve until the process ends; print the port as the first line."""
    runner = web.AppRunner(application(habits))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Habits(**json.loads(sys.argv[1]))))
