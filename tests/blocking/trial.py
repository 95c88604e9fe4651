"""One trial: send the case, follow its effects, and measure how long other callers waited."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.blocking import mcp_output, places
from tests.blocking.operations import Operation, operations
from tests.blocking.pings import Pings
from tests.blocking.places import Request
from tests.blocking.search import LIMIT, Case, Door, Doors
from tests.blocking.target import Target
from tests.blocking.tokens import SIGNS, vocabulary

_SECONDS = 5.0
"""Limit for an answer. Some operations wait on purpose; the pings measure a pause of any length."""
_FOLLOWED = 2.0
"""How long to read the stream of a new task: the agent works while the stream has a reader."""
_PREPARED = 200
"""Trials per project, task and session; they are then created again, as an input may have deleted them."""
_CREATED = 201
_CATASTROPHIC = ("(%s+)+$", "(%s|%s)*$", "(%s*)*$", "^(%s+)*x$", "(.*%s.*)*$")


def doors(documents: Iterable[Any]) -> Doors:
    """Return everything that the search can try."""
    found: list[Door] = []
    seen = set()
    for each in operations():
        for place in places.places(each):
            # The code that reads these edges is the same for all operations of a surface with this method.
            whose = each.callers if place in places.EDGES else each.path
            if (whose, each.method, place) not in seen:
                seen.add((whose, each.method, place))
                found.append((each.name, place, each.callers))
    found += [
        (f"mcp {kind}", place, ("control",))
        for kind in mcp_output.TRANSPORTS
        for place in mcp_output.places()
    ]
    found += [("playbook", f"regex {pattern}", ("key",)) for pattern in _CATASTROPHIC]
    return Doors(found, vocabulary(documents), SIGNS)


class Trial:
    """Measures cases on a target."""

    def __init__(self, target: Target, pings: Pings, output: mcp_output.McpOutput) -> None:
        self._target = target
        self._pings = pings
        self._output = output
        self._operations: Mapping[str, Operation] = {each.name: each for each in operations()}
        self._done = 0
        self._paused: float | None = None

    def __call__(self, case: Case) -> float:
        """Return the longest pause in seconds; the server's own watchdog must agree, if it has one."""
        if self._done % _PREPARED == 0:
            self._target.prepare()
            self._paused = self._target.paused()
        self._done += 1
        self._pings.longest()
        self._send(case)
        seconds = self._pings.longest()
        if seconds > LIMIT and self._paused is not None:
            before, self._paused = self._paused, self._target.paused()
            return seconds if self._paused != before else LIMIT
        return seconds

    def _send(self, case: Case) -> None:
        if case.operation.startswith("mcp "):
            self._serve(case)
        elif case.operation == "playbook":
            self._match(case)
        else:
            operation = self._operations[case.operation]
            headers = self._target.headers.get(case.caller, {})
            self._follow(
                places.request(operation, case.place, case.input, self._target.ids, headers), case.caller
            )
        if case.operation.startswith("control "):
            for method, path, body in (
                ("DELETE", "/faults?scope=server", {}),
                ("DELETE", "/playbooks", {}),
                ("PUT", "/clock", {"mode": "real"}),
            ):
                self._control(method, path, body)

    def _follow(self, request: Request, caller: str) -> None:
        status, said = self._target.exchange(request, _SECONDS)
        if status == _CREATED and request.target.startswith("/api/v1/tasks"):
            self._read(json.loads(said)["data"]["id"], caller)

    def _read(self, task: str, caller: str) -> None:
        """Read the stream of a task, and its history, as its owner would."""
        headers = tuple(self._target.headers[caller].items())
        for what in ("stream", "history"):
            self._target.exchange(Request("GET", f"/api/v1/tasks/{task}/{what}", headers), _FOLLOWED)

    def _control(self, method: str, path: str, body: object) -> None:
        between = "&" if "?" in path else "?"
        self._target.call(
            method, f"/__mock/v1{path}{between}project={self._target.ids['project']}", body, "control"
        )

    def _serve(self, case: Case) -> None:
        transport = case.operation.removeprefix("mcp ")
        server = self._output.configured(transport, case.place, case.input)
        self._control("PUT", "/settings", {"mcp_servers": {"e": server}})
        self._control("POST", "/mcp-servers/e/test", {})
        if case.place.startswith(("tools/call", "flood")):
            self._ask("Call the tool mcp_e_x with {}")
        self._control("PUT", "/settings", {})

    def _match(self, case: Case) -> None:
        token = case.input.tokens[0].strip()[:1] or "a"
        pattern = case.place.removeprefix("regex ").replace(
            "%s", f"[{token}]" if token not in "^]\\" else "a"
        )
        playbook = {"name": "e", "when": {"regex": pattern}, "steps": [{"say": "x"}]}
        self._control("PUT", "/playbooks/e", {"playbook": playbook})
        self._ask(token * case.input.size + "!")
        self._control("DELETE", "/playbooks", {})

    def _ask(self, message: str) -> None:
        pairs = (*self._target.headers["key"].items(), ("Content-Type", "application/json"))
        body = json.dumps({"message": message}).encode()
        self._follow(Request("POST", "/api/v1/tasks", pairs, body), "key")
