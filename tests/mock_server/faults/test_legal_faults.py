"""What legal faults do on the wire: a judge must not report them, so no proof of the judge shows it.

Those of MCP servers are in `test_mcp_transient.py`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import pytest_asyncio

from sigmic_mock.config import defaults
from sigmic_mock.faults.armed import Armed
from sigmic_mock.faults.catalogue import load_catalogue, specify
from sigmic_mock.faults.fault import Fault, FaultClass
from sigmic_mock.faults.wire.json_paths import CHANGES, places
from sigmic_mock.runtime.clock.mode import MANUAL, REAL
from tests.fakes.raw_calls import TASKS, ask
from tests.fakes.raw_http import Seen
from tests.fakes.served import Served, serving
from tests.fakes.waiting import eventually

ASKED = "Think about Grüße. Run exactly this shell command: `echo hi`"
FILE = (
    b'--X\r\nContent-Disposition: form-data; name="message"\r\n\r\nlook\r\n'
    b'--X\r\nContent-Disposition: form-data; name="files"; filename="data.csv"\r\n\r\na,b\n1,2\n\r\n--X--\r\n'
)
Play = Callable[[], Awaitable[Seen]]
Scene = Callable[[Served], Awaitable[Play]]


def about_task(suffix: str) -> Scene:
    async def prepare(mock: Served) -> Play:
        task = await mock.finished(ASKED)
        return lambda: ask(mock, "GET", f"{TASKS}/{task}{suffix}")

    return prepare


def about_files(suffix: str) -> Scene:
    async def prepare(mock: Served) -> Play:
        headers = {"Content-Type": "multipart/form-data; boundary=X"}
        made = await ask(mock, "POST", TASKS, headers=headers, body=FILE)
        task = made.json["data"]["id"]
        await ask(mock, "GET", f"{TASKS}/{task}/stream")
        return lambda: ask(mock, "GET", f"{TASKS}/{task}/artifacts{suffix}")

    return prepare


def fixed(method: str, path: str, **options: Any) -> Scene:
    async def prepare(mock: Served) -> Play:
        return lambda: ask(mock, method, path, **options)

    return prepare


async def streaming(mock: Served) -> Play:
    async def play() -> Seen:
        task = await mock.create(ASKED)
        seen: Seen = await ask(mock, "GET", f"{TASKS}/{task}/stream")
        return seen

    return play


SCENES: Mapping[str, Scene] = {
    "get_task": about_task(""),
    "get_task_history": about_task("/history"),
    "list_tasks": fixed("GET", TASKS),
    "create_task": fixed("POST", TASKS, json={"message": "What is 2+2?"}),
    "missing": fixed("GET", f"{TASKS}/00000000-0000-4000-8000-00000000dead"),
    "list_artifacts": about_files(""),
    "download_artifact": about_files("/download?path=uploads/data.csv"),
    "stream_task": streaming,
}


def scene_of(fault: Fault) -> str:
    if fault.point in {"frame", "agent.fails", "agent.slow"}:
        return "stream_task"
    if fault.params.get("path", "").startswith("error"):
        return "missing"
    return str(fault.where.get("operation", "get_task"))


LEGAL = [
    fault
    for fault in load_catalogue().values()
    if fault.kind is not FaultClass.VIOLATION and not fault.effect.startswith("mcp.")
]
SHOWN = {fault.id: scene_of(fault) for fault in LEGAL}
"""The scene in which each fault is visible."""
WAITING = [fault.id for fault in LEGAL if fault.effect in {"admit.wait", "frame.stall", "agent.slow"}]
SILENT = "stream.half-open"
QUICKER: Mapping[str, Mapping[str, float]] = {
    "net.dribble": {"pause": 0.002},
    "stream.dribbles": {"seconds": 0.002},
}
"""Shorter waits than real clients get."""
SECONDS = 7
"""The wait of a fault, different from every other wait."""


class Stage:
    """A server, and each scene without a fault."""

    def __init__(self, mock: Served) -> None:
        self.mock = mock
        self._set: dict[str, tuple[Play, Seen]] = {}

    async def scene(self, name: str) -> tuple[Play, Seen]:
        """Return how to play the scene, and its result without a fault."""
        if name not in self._set:
            play = await SCENES[name](self.mock)
            self._set[name] = (play, await play())
        return self._set[name]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with serving(tmp_path_factory.mktemp("scenes")) as mock:
        yield Stage(mock)


@contextmanager
def armed(mock: Served, fault: str, **values: float) -> Iterator[Armed]:
    """Arm a fault for the duration of the context; it must have fired by the end."""
    armed = mock.faults.arm(specify(fault, values), defaults.PROJECT_ID)
    try:
        yield armed
    finally:
        mock.faults.clear()
    assert armed.fired >= 1


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("fault", [each for each in SHOWN if each not in {*WAITING, SILENT}])
async def test_a_legal_fault_is_seen_on_the_wire(fault: str, stage: Stage):
    play, clean = await stage.scene(SHOWN[fault])

    with armed(stage.mock, fault, **QUICKER.get(fault, {})) as met:
        faulty = await play()

    event = met.spec.fault.where.get("event", "content")
    assert shows(met.spec.fault.effect, event, dict(met.params), faulty, clean)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("fault", WAITING)
async def test_a_fault_that_waits_waits_on_the_clock_of_the_project(fault: str, stage: Stage):
    play, _clean = await stage.scene(SHOWN[fault])
    clock = stage.mock.application.base.clocks.of(defaults.PROJECT_ID)
    clock.set_mode(MANUAL)
    try:
        with armed(stage.mock, fault, seconds=SECONDS):
            reading = asyncio.ensure_future(play())
            await eventually(lambda: any(each.due - clock.now() == SECONDS * 1000 for each in clock.pending))
            was_done = reading.done()
            await clock.advance(SECONDS)
            seen = await reading
    finally:
        clock.set_mode(REAL)

    assert not was_done
    assert (seen.status, seen.ending) == (201 if SHOWN[fault] == "create_task" else 200, "whole")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_half_open_stream_says_nothing_of_the_end_of_its_run(stage: Stage):
    play, _clean = await stage.scene(SHOWN[SILENT])

    async def all_over() -> bool:
        tasks = (await stage.mock.call("GET", TASKS)).data
        return all(each["status"] in {"completed", "failed"} for each in tasks)

    with armed(stage.mock, SILENT) as met:
        reading = asyncio.ensure_future(play())
        await eventually(lambda: met.fired >= 1)
        await eventually(all_over)
        was_done = reading.done()
        reading.cancel()

    assert not was_done


def shows(effect: str, event: str, params: Mapping[str, Any], seen: Seen, clean: Seen) -> bool:
    family, _, effect = effect.partition(".")
    match family:
        case "answer":
            return answer_shows(effect, params, seen, clean)
        case "admit":
            return admission_shows(effect, params, seen)
        case "frame":
            return stream_shows(effect, event, params, seen, clean)
        case "agent":
            return names(seen)[-1] == "error" and payloads(seen, "error")[0]["message"] == params["message"]
    raise AssertionError(family)


def at(seen: Seen, path: str) -> list[Any]:
    return [container[key] for container, key in places(seen.json, path)] if path else [seen.json]


def answer_shows(effect: str, params: Mapping[str, Any], seen: Seen, clean: Seen) -> bool:
    match effect:
        case "set":
            return set(map(str, at(seen, params["path"]))) == {str(params["value"])}
        case "change":
            wanted = [CHANGES[params["into"]](value) for value in at(clean, params["path"])]
            return json.dumps(at(seen, params["path"])) == json.dumps(wanted) and seen.body != clean.body
        case "status":
            return seen.status == params["status"]
        case "header":
            return seen.headers.get(params["name"].lower()) == params["value"]
        case "write":
            return json.loads(seen.body) == json.loads(clean.body) and written(params, seen.body)
        case "deliver":
            return delivered(params, seen)
    raise AssertionError(effect)


def written(params: Mapping[str, Any], body: bytes) -> bool:
    if params.get("ascii"):
        return body.isascii()
    if "indent" in params:
        return body.startswith(b"{\n  ")
    return body.endswith(params["suffix"].encode())


def delivered(params: Mapping[str, Any], seen: Seen) -> bool:
    if "cut" in params:
        return seen.ending == ("reset" if params["reset"] else "cut") and len(seen.body) <= params["cut"]
    if "close" in params:
        return seen.closed and seen.ending == "whole"
    pieces = len(seen.body) // params["piece"] - 1
    return seen.ending == "whole" and seen.seconds >= pieces * params["pause"] > 0


def admission_shows(effect: str, params: Mapping[str, Any], seen: Seen) -> bool:
    match effect:
        case "refuse":
            code = seen.json["error"]["code"]
            return code == params["code"] and seen.headers.get("retry-after", "") == params["retry_after"]
        case "answer":
            asked = params["headers"].get("Retry-After")
            return (seen.status, seen.body.decode(), seen.headers.get("retry-after")) == (
                params["status"],
                params["body"],
                asked,
            )
        case "break":
            return seen.ending == ("reset" if params["reset"] else "cut") and seen.status == 0
    raise AssertionError(effect)


def stream_shows(effect: str, event: str, params: Mapping[str, Any], seen: Seen, clean: Seen) -> bool:
    match effect:
        case "set":
            return any(value.get(params["path"]) == params["value"] for value in payloads(seen, event))
        case "substitute":
            return substituted(params["put"].encode(), seen.body) and masked(seen.body) != masked(clean.body)
        case "insert":
            text = params["text"].encode()
            return seen.body.count(text) > clean.body.count(text)
        case "pace":
            return sum(len(chunk) <= params["bytes"] for chunk in seen.chunks) > 3
        case "split-character":
            return any(not is_utf8(chunk) for chunk in seen.chunks) and is_utf8(seen.body)
        case "hold":
            return len(seen.chunks) == 1 and "done" in names(seen)
        case "end":
            ending = "reset" if params["how"] == "reset" else "cut"
            return seen.ending == ending and "done" not in names(seen)
    raise AssertionError(effect)


def substituted(put: bytes, body: bytes) -> bool:
    """The replacement of a regular expression contains all parts that it lists."""
    return all(literal in body for literal in re.split(rb"\\[0-9]", put))


def masked(body: bytes) -> bytes:
    """Return a stream without the values that differ between runs."""
    body = re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}|call_[0-9a-f]{16}", b"ID", body)
    return re.sub(rb"20\d\d-[0-9T:.-]+Z", b"TIME", body)


def names(seen: Seen) -> list[str]:
    return re.findall(r"^event: (.*)$", seen.body.decode(), re.MULTILINE)


def payloads(seen: Seen, event: str) -> list[Any]:
    found = re.findall(rf"^event: {event}\ndata: (.*)$", seen.body.decode(), re.MULTILINE)
    return [json.loads(data) for data in found]


def is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
