"""Every row of the catalogue is armed, driven over HTTP, and seen on the wire; a row without proof fails."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sigmic_conformance.mock_server.config import defaults
from sigmic_conformance.mock_server.faults.catalogue import load_catalogue, specify
from sigmic_conformance.mock_server.faults.fault import Fault, FaultClass
from sigmic_conformance.mock_server.faults.trigger import PREFIX
from sigmic_conformance.mock_server.faults.wire.json_paths import CHANGES, places
from sigmic_conformance.spec.ledger import Ledger
from sigmic_conformance.spec.situations import Situations
from tests.fakes import (  # noqa: F401 - all announce scenes
    behaviour_scenes,
    conversation_scenes,
    door_scenes,
    mcp_promise_scenes,
    mcp_scenes,
    reading_scenes,
    request_scenes,
    sandbox_scenes,
    session_scenes,
    stream_scenes,
    turn_scenes,
    upload_scenes,
)
from tests.fakes.fault_scenes import SCENES, WORDS, Play
from tests.fakes.raw_http import Seen
from tests.fakes.served import Served, serving

FAULTS = sorted(load_catalogue().values(), key=lambda fault: fault.drive)
"""Those of one scene after each other, for they share a server and the scene played without a fault."""
SERVERS = {
    "auth.accept",
    "auth.after-body",
    "auth.after-lookup",
    "auth.any-origin",
    "auth.ascii-only",
    "auth.either-header",
    "auth.expired",
    "auth.forged",
    "auth.good-token-as-key",
    "auth.other-scheme",
    "auth.printable-only",
    "auth.query-string",
    "auth.token-as-key",
    "auth.unsigned",
    "connection.smuggling",
    "cors.any-origin",
    "cors.star-headers",
    "route.bare-404",
    "route.catch-all",
    "route.method-as-path",
    "route.no-allow",
    "route.static-allow",
    "token.any-json",
}
"""Decisions that fall before anybody is known: they are armed for the whole server."""
STRANGERS = {
    "AUTH_REQUIRED",
    "INVALID_API_KEY",
    "INVALID_AUTH_FORMAT",
    "INVALID_TOKEN",
    "MISSING_CREDENTIALS",
    "ORIGIN_NOT_ALLOWED",
}
"""Refusals of a caller who belongs to no project."""
OPTIONS = {
    "show_in_history": "showInHistory",
    "auto_execute": "autoExecute",
    "system_prompt": "systemPrompt",
    "env": "env",
}
QUICK = 0.3
"""Seconds, for a fault that would wait longer."""


class Stage:
    """A server for each scene, used by all faults that the scene shows; one stands at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._set: tuple[str, Served, Play, Seen | str] | None = None
        self._server = AsyncExitStack()

    async def scene(self, name: str) -> tuple[Served, Play, Seen | str]:
        """The server, how the scene is played, and what is seen when nothing is armed."""
        if self._set is None or self._set[0] != name:
            await self.close()
            self._number += 1
            mock = await self._server.enter_async_context(
                serving(self._folder / str(self._number), heartbeat=0.06)
            )
            # What is noted only where it may be asked for is noted from the beginning.
            mock.faults.begin_rehearsal([], "nobody's")
            play = await SCENES[name](mock)
            self._set = (name, mock, play, await play())
        return self._set[1:]

    async def close(self) -> None:
        self._set = None
        await self._server.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("scenes"))
    yield made
    await made.close()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
async def test_a_fault_fires_and_is_seen_on_the_wire(fault: Fault, stage: Stage):
    wait = 2 * QUICK if fault.id == "heartbeat.late" else QUICK
    values = (
        {"seconds": wait} if fault.params.get("seconds", 0) >= 5 and fault.id != "run.never-starts" else {}
    )
    mock, play, clean = await stage.scene(fault.drive)
    armed = mock.faults.arm(specify(fault.id, values | conditions(fault)), project_of(fault))

    try:
        faulty = await play()
    finally:
        mock.faults.clear()

    assert armed.fired >= 1
    if isinstance(clean, str):
        assert (clean, faulty) == WORDS[fault.drive]
    else:
        assert not isinstance(faulty, str)
        assert not shows(fault, dict(armed.params), clean, clean)
        assert shows(fault, dict(armed.params), faulty, clean)


def test_a_scene_that_nobody_announces_is_told_with_its_nearest():
    with pytest.raises(LookupError, match=r"no scene 'stream-wating' \(nearest: stream-waiting"):
        SCENES["stream-wating"]


ELSEWHERE = {
    "cancel.refused-while-running",
    "cancel.server-error",
    "download.plain-name-only",
    "follow-up.refused",
    "get.session-id-omitted",
    "get.username-empty",
    "heartbeat.missing-after-reconnect",
    "heartbeat.missing-while-asking",
    "heartbeat.stops",
    "phase.tool-result-missing",
    "stream.call-held-back",
    "stream.leaving-disturbs",
    "upload.refuses-small-file",
    "upload.size-wrong",
    "vars.refused",
}
"""Whose scene shows what they do at a simpler moment than one in which it breaks their sentence."""


def conditions(fault: Fault) -> dict[str, Any]:
    """Where it breaks its sentence, so that nobody names conditions that it never meets."""
    if fault.id in ELSEWHERE:
        return {}
    dimensions = Situations.load().dimensions
    return {f"{PREFIX}{name}" if name in dimensions else name: value for name, value in fault.breaks.items()}


def project_of(fault: Fault) -> str | None:
    if fault.effect in SERVERS or fault.where.get("code") in STRANGERS:
        return None
    return "elsewhere" if fault.drive == "stranger-lists" else defaults.PROJECT_ID


def shows(fault: Fault, params: dict[str, Any], seen: Seen, clean: Seen) -> bool:
    family, _, effect = fault.effect.partition(".")
    if family in {"answer", "query"}:
        return answer_shows(effect or "query", params, seen, clean)
    if family == "create":
        wanted = {OPTIONS[name]: value for name, value in params.items()}
        return all(seen.json["data"][name] == value for name, value in wanted.items())
    if family == "admit":
        return admission_shows(effect, params, seen)
    return stream_shows(effect, fault.where.get("event", "content"), params, seen, clean)


def at(seen: Seen, path: str) -> list[Any]:
    if not path:
        return [seen.json]
    found = []
    for container, key in places(seen.json, path):
        try:
            found.append(container[key])
        except (KeyError, IndexError):
            continue
    return found


def answer_shows(effect: str, params: dict[str, Any], seen: Seen, clean: Seen) -> bool:  # noqa: C901, PLR0912 - one case an effect
    match effect:
        case "set":
            return at(seen, params["path"]) != [] and all(
                type(v) is type(params["value"]) and v == params["value"] for v in at(seen, params["path"])
            )
        case "remove":
            return at(seen, params["path"]) == []
        case "rename":
            parent, _, _ = params["path"].rpartition(".")
            return (
                at(seen, params["path"]) == [] and len(at(seen, f"{parent}.{params['to']}".strip("."))) == 1
            )
        case "change":
            wanted = [CHANGES[params["into"]](value) for value in at(clean, params["path"])]
            found = at(seen, params["path"])
            return found == wanted and json.dumps(found) != json.dumps(at(clean, params["path"]))
        case "query":
            if params["name"] == "limit":
                return len(seen.json["data"]) > 1
            return seen.json["data"] != clean.json["data"] and seen.json["pagination"]["offset"] == 0
        case "status":
            return seen.status == params["status"]
        case "header":
            return seen.headers.get(params["name"].lower()) == params["value"]
        case "lift":
            inside = at(clean, params["path"])[0]
            return at(seen, params["path"]) == [] and inside.keys() <= seen.json.keys()
        case "headers":
            return all(seen.headers.get(name.lower()) == value for name, value in params["headers"].items())
        case "replace":
            return (seen.status, seen.body) == (params["status"], params["body"].encode())
        case "accept":
            return seen.status < 300 and seen.json["success"] is True
        case "write":
            return written(params, seen)
        case "cut-text":
            return not is_json(seen.body) and seen.ending == "whole"
        case "alter":
            return seen.body != clean.body and seen.ending == "whole"
        case "deliver":
            return delivered(params, seen)
    raise AssertionError(effect)


def written(params: dict[str, Any], seen: Seen) -> bool:
    if params.get("ascii"):
        return seen.body.isascii() and is_json(seen.body)
    if "indent" in params:
        return seen.body.startswith(b"{\n  ") and is_json(seen.body)
    if "prefix" in params:
        return seen.body.startswith(params["prefix"].encode())
    if "suffix" in params:
        return seen.body.endswith(params["suffix"].encode() if params["suffix"].strip() == "" else b"}{}")
    return not is_utf8(seen.body)


def delivered(params: dict[str, Any], seen: Seen) -> bool:
    if "cut" in params:
        return seen.ending == ("reset" if params["reset"] else "cut") and len(seen.body) <= params["cut"]
    if "announce" in params:
        return bool(seen.extra) if params["announce"] < 0 else seen.ending == "cut"
    if "close" in params:
        return seen.closed and seen.ending == "whole"
    pieces = len(seen.body) // params["piece"] - 1
    return seen.ending == "whole" and seen.seconds >= pieces * params["pause"] > 0


def admission_shows(effect: str, params: dict[str, Any], seen: Seen) -> bool:
    match effect:
        case "wait":
            return seen.seconds >= params["seconds"] * 0.95
        case "refuse":
            code = seen.json.get("error", {}).get("code")
            return code == params["code"] and seen.headers.get("retry-after", "") == params["retry_after"]
        case "answer":
            asked = params["headers"].get("Retry-After")
            return (seen.status, seen.body.decode(), seen.headers.get("retry-after")) == (
                params["status"],
                params["body"],
                asked,
            )
        case "break":
            return seen.ending in {"reset", "cut"} and seen.status == 0
    raise AssertionError(effect)


def names(seen: Seen) -> list[str]:
    return [
        "heartbeat" if block.startswith(b":") else block.partition(b"\n")[0].removeprefix(b"event: ").decode()
        for block in seen.body.split(b"\n\n")
        if block
    ]


def payloads(seen: Seen, event: str) -> list[Any]:
    return [
        json.loads(block.partition(b"\ndata: ")[2])
        for block in seen.body.split(b"\n\n")
        if block.startswith(f"event: {event}\n".encode())
    ]


def stream_shows(effect: str, event: str, params: dict[str, Any], seen: Seen, clean: Seen) -> bool:  # noqa: C901, PLR0912 - one case an effect
    match effect:
        case "set":
            return any(value.get(params["path"]) == params["value"] for value in payloads(seen, event))
        case "remove":
            return any(params["path"] not in value for value in payloads(seen, event))
        case "change":
            before = [v[params["path"]] for v in payloads(clean, event)]
            return [v[params["path"]] for v in payloads(seen, event)] == [
                CHANGES[params["into"]](value) for value in before
            ]
        case "substitute":
            return substituted(params, seen, clean)
        case "put-bytes":
            return not is_utf8(seen.body) and is_utf8(clean.body)
        case "drop" if event == "end":
            return seen.ending == "open"
        case "drop":
            return names(seen).count(event) < names(clean).count(event)
        case "repeat":
            return names(seen).count(event) > names(clean).count(event)
        case "swap":
            blocks = seen.body.split(b"\n\n")
            return blocks[1::-1] == clean.body.split(b"\n\n")[:2]
        case "insert":
            return inserted(params["text"].encode(), seen.body) > inserted(
                params["text"].encode(), clean.body
            )
        case "stall":
            return seen.seconds >= params["seconds"] * 0.95
        case "pace":
            return sum(len(chunk) <= params["bytes"] for chunk in seen.chunks) > 3
        case "split-character":
            return any(not is_utf8(chunk) for chunk in seen.chunks) and is_utf8(seen.body)
        case "hold":
            return len(seen.chunks) == 1 and "done" in names(seen)
        case "end":
            return ended(params, seen)
    raise AssertionError(effect)


def inserted(text: bytes, body: bytes) -> int:
    """How often a text occurs; on a slow machine a stream has heartbeats of its own."""
    own = b":heartbeat\n\n"
    return (body if b"heartbeat" in text else body.replace(own, b"")).count(text)


def ended(params: dict[str, Any], seen: Seen) -> bool:
    endings = {"close": "cut", "reset": "reset", "silence": "open", "finish": "whole"}
    is_early = "done" not in names(seen)
    return seen.ending == endings[params["how"]] and (is_early or params["bytes"] == 0)


def substituted(params: dict[str, Any], seen: Seen, clean: Seen) -> bool:
    """What the regular expression puts is there, and the stream differs in more than ids and times."""
    put = params["put"].encode()
    literal = re.sub(rb"\\[0-9]", b"\0\0", put).split(b"\0\0")
    pieces = [piece for piece in literal if piece]
    return all(piece in seen.body for piece in pieces) and masked(seen.body) != masked(clean.body)


def masked(body: bytes) -> bytes:
    body = re.sub(rb"[0-9a-f]{8}-[0-9a-f-]{27}|call_[0-9a-f]{16}", b"ID", body)
    body = re.sub(rb"20\d\d-[0-9T:.-]+Z", b"TIME", body)
    return re.sub(rb"(?<=\n\n):heartbeat\n\n", b"", body)


def is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_every_row_names_a_requirement_of_the_ledger_and_tells_a_client_something():
    known = Ledger.load().by_id

    assert [fault.id for fault in FAULTS if fault.row not in known or len(fault.learns) <= 10] == []


def test_every_scene_shows_a_fault():
    assert SCENES.keys() - {fault.drive for fault in FAULTS} == set()


def test_the_catalogue_is_as_large_as_promised():
    counts = {kind: sum(fault.kind is kind for fault in FAULTS) for kind in FaultClass}

    assert counts[FaultClass.VIOLATION] >= 120
    assert counts[FaultClass.WEATHER] >= 25
    assert counts[FaultClass.VARIATION] >= 25
