"""A client receives the same from the recorded platform and from a mock with the recording."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.config import defaults
from tests.fakes.recording import real_platform, recorded
from tests.fakes.upstream import TASK, frame, ok, stream, upstream

KEY = {"Authorization": f"Bearer {defaults.API_KEY}"}
PASSING = {"callId", "createdAt", "updatedAt", "id", "conversationId", "sessionId"}


class Client:
    """A typical client: it creates tasks, reads streams, decides, sends follow-ups and downloads."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = f"{url}/api/v1/tasks"
        self._http = http
        self.heard: list[Any] = []

    async def run(self, message: str, *, then: tuple[str, ...] = (), **fields: Any) -> list[Any]:
        files = fields.pop("downloads", ())
        decisions = list(fields.pop("decisions", ()))
        created = await self._call("POST", "", json={"message": message, **fields})
        task = created["data"]["id"]
        await self._follow(task, decisions)
        for following in then:
            await self._call("POST", f"/{task}/messages", json={"message": following})
            await self._follow(task, decisions)
        if files:
            await self._list(task, files)
        self.heard.append((await self._call("GET", f"/{task}"))["data"]["status"])
        return self.heard

    async def _call(self, method: str, path: str, **options: Any) -> Any:
        async with self._http.request(method, self._url + path, headers=KEY, **options) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def _follow(self, task: str, decisions: list[str]) -> None:
        async with self._http.get(f"{self._url}/{task}/stream", headers=KEY) as answer:
            assert answer.status == 200
            name = ""
            async for line in answer.content:
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    data = json.loads(line[6:])
                    self.heard.append((name, _lasting(data)))
                    await self._decide(task, data, decisions)

    async def _decide(self, task: str, data: Any, decisions: list[str]) -> None:
        if data.get("status") != "awaiting_approval":
            return
        outcome = decisions.pop(0)
        path = f"/{task}/tools/{data['callId']}/approve"
        if outcome == "stop":
            await self._call("DELETE", f"/{task}")
        else:
            await self._call("POST", path, json={"outcome": outcome})

    async def _list(self, task: str, wanted: tuple[str, ...]) -> None:
        listed = (await self._call("GET", f"/{task}/artifacts"))["data"]["files"]
        self.heard.append(sorted(file["path"] for file in listed))
        for path in wanted:
            url = f"{self._url}/{task}/artifacts/download"
            async with self._http.get(url, params={"path": path}, headers=KEY) as answer:
                self.heard.append((path, await answer.read()))


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lasting(item) for name, item in value.items() if name not in PASSING}
    return [_lasting(item) for item in value] if isinstance(value, list) else value


INVENTED = """
name: invented
when: {message: Tell me about herons}
steps:
  - think: {subject: Birds, description: Long legs.}
  - say: {chunks: ["Herons ", "stand ", "still. "], pace: 30ms}
  - wait: 300ms
  - subagent:
      {name: watcher, objective: Watch, steps: [{think: Still there.}], result: One heron, reason: TIMEOUT}
  - write: {path: notes/herons.md, text: "# Herons\n"}
  - run: {command: "printf '\\\\000\\\\377' > notes/heron.bin && echo counted"}
  - say: "Written down."
turns:
  - when: {message: "And egrets?"}
    steps: [{say: "Egrets too."}]
  - steps: [{fail: {message: No more birds, code: NO_BIRDS}}]
"""
"""Known only to the recorded platform: no default of the mock answers like this."""

AT_ONCE = """
name: at-once
when: {message: Ask me thrice}
steps:
  - parallel:
      - tool: {name: crm__find, args: {id: 1}, ask: true, result: Ada}
      - tool: {name: crm__drop, args: {id: 1}, ask: true, on_cancel: [{say: "Then I keep it."}]}
      - tool: {name: crm__mail, ask: true, result: {output: no address, status: error}, on_error: [{wait: 0}]}
  - say: "Dropped."
"""

SESSIONS = {
    "several approvals at once": {
        "message": "Ask me thrice",
        "decisions": ["proceed_once", "cancel", "proceed_once"],
    },
    "invented, with turns and files": {
        "message": "Tell me about herons",
        "then": ("And egrets?", "And storks?"),
        "downloads": ("notes/herons.md", "notes/heron.bin"),
    },
    "plain answer": {"message": "What is 2+2?"},
    "thoughts, a tool and a subagent": {
        "message": "playbook: stream-example",
        "then": ("And is it still there?",),
        "downloads": ("output.csv",),
    },
    "approved": {
        "message": "playbook: approvals-demo",
        "autoExecute": False,
        "decisions": ["proceed_once", "proceed_always"],
        "downloads": ("downloads/approved.txt",),
    },
    "refused": {"message": "playbook: approvals-demo", "autoExecute": False, "decisions": ["cancel"]},
    "refused later": {
        "message": "playbook: approvals-demo",
        "autoExecute": False,
        "decisions": ["proceed_once", "cancel"],
    },
    "cancelled": {"message": "playbook: approvals-demo", "autoExecute": False, "decisions": ["stop"]},
    "failure and a follow-up": {"message": "playbook: failing-task", "then": ("Try it again",)},
    "retries": {"message": "playbook: retry"},
    "text that breaks parsers": {"message": "playbook: unicode"},
    "words with wildcards": {"message": "Is [this] *really* what you want?"},
    "tools that fail": {"message": "Run exactly these shell commands: `exit 3`, `exit 4`"},
    "a file": {
        "message": "Create a file named downloads/a.txt containing: hello there",
        "downloads": ("downloads/a.txt",),
    },
}


@pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS.keys())
async def test_a_recorded_session_is_replayed(session: dict[str, Any], tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "invented.yaml").write_text(INVENTED)
    (own / "at-once.yaml").write_text(AT_ONCE)
    async with aiohttp.ClientSession() as http:
        async with (
            real_platform(tmp_path / "a", playbooks=own) as first,
            recorded(first, tmp_path / "recording") as proxy,
        ):
            heard = await Client(proxy.url, http).run(**_copy(session))
        assert proxy.heard.findings == []
        async with real_platform(tmp_path / "b", playbooks=tmp_path / "recording") as second:
            replayed = await Client(second, http).run(**_copy(session))

    assert heard == replayed
    plan = Library([tmp_path / "recording"]).of("").plan(Prompt(text=session["message"]))
    assert plan is not None
    assert [plan.name] == proxy.session.recorder.playbooks


def _copy(session: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, list) else value for name, value in session.items()}


FOREIGN = (
    frame("history_done", messageCount=0, isStreaming=True),
    frame("status", status="connecting"),
    frame("status", status="processing"),
    frame("thought", subject="S", description="D"),
    frame("content", text="One ", isPartial=True),
    frame(
        "tool_call",
        callId="1",
        toolName="mcp__crm",
        status="executing",
        args={"id": 7, "deep": [{"a": None}]},
    ),
    frame("tool_result", callId="1", status="success", output="Ada\n"),
    frame("subagent_start", agentName="w", displayName="W", description="d", objective="o"),
    frame("subagent_thought", agentName="w", text="hm"),
    frame("subagent_tool", agentName="w", status="start", toolName="browse"),
    frame("subagent_tool", agentName="w", status="end", toolName="browse", output="page"),
    frame("subagent_end", agentName="w", terminateReason="GOAL", result="r"),
    frame(
        "tool_call",
        callId="2",
        toolName="write_file",
        status="executing",
        args={"path": "a.txt", "content": "A"},
    ),
    frame("tool_result", callId="2", status="success", output="Successfully created and wrote to new file"),
    frame(
        "tool_call", callId="3", toolName="run_shell_command", status="executing", args={"command": "make"}
    ),
    frame("tool_result", callId="3", status="error", output="make: *** no rule"),
    frame("content", text="two", isPartial=True),
    frame("content", text=".", isPartial=False),
    frame("done", finalResponse="One two."),
)


async def test_a_recording_of_a_platform_with_other_tools_is_replayed_to_the_letter(tmp_path: Path) -> None:
    answers = {
        "POST /api/v1/tasks": ok({"id": TASK, "status": "pending"}, "201 Created"),
        f"GET /api/v1/tasks/{TASK}/stream": stream(*FOREIGN),
        f"GET /api/v1/tasks/{TASK}": ok({"status": "completed"}),
    }
    async with aiohttp.ClientSession() as http:
        async with upstream(answers) as far, recorded(far.url, tmp_path / "recording") as proxy:
            heard = await Client(proxy.url, http).run("Do it")
        async with real_platform(tmp_path / "b", playbooks=tmp_path / "recording") as second:
            replayed = await Client(second, http).run("Do it", downloads=("a.txt",))

    own = [("history_message", {"role": "user", "content": "Do it"})]
    assert [each for each in heard if each[0] != "history_done"] == [
        each for each in replayed[:-3] + replayed[-1:] if each not in own and each[0] != "history_done"
    ]
    assert replayed[-3:-1] == [["a.txt"], ("a.txt", b"A")]
