"""The server side of a run: a project of its own, the armed fault, and what the run left there. Blocking."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.faults.fault import Fault
from sigmic_conformance.mock_server.gauntlet.outcome import Effects
from sigmic_conformance.mock_server.testing.control_client import ControlClient

_SECONDS = 60.0
_PAGE = 100
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A project for one run; its key, and calls about it."""

    control: ControlClient
    base_url: str
    api_key: Secret

    def arm(self, fault: Fault, values: Mapping[str, Any]) -> None:
        """Arm the fault for this project."""
        self.control.ask("arm_fault", **{"fault": fault.id, "with": dict(values)})

    def fired(self) -> int:
        """Disarm everything; return how often it fired."""
        cleared = self.control.ask("clear_faults")["cleared"]
        return sum(int(each["fired"]) for each in cleared)

    def effects(self) -> Effects:
        """Count what the run left. Call it when nothing is armed any more."""
        tasks = self._tasks()
        messages = 0
        for task in tasks:
            history = self._get(f"/api/v1/tasks/{task}/history")["data"]["messages"]
            messages += sum(message["role"] == "user" for message in history)
        return Effects(tasks=len(tasks), messages=messages)

    def _tasks(self) -> list[str]:
        tasks: list[str] = []
        while True:
            page = self._get(f"/api/v1/tasks?limit={_PAGE}&offset={len(tasks)}")
            tasks += [str(task["id"]) for task in page["data"]]
            if not page["pagination"]["hasMore"]:
                return tasks

    def _get(self, path: str) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=_SECONDS)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {self.api_key.reveal()}"})
            answer = connection.getresponse()
            raw = answer.read()
            if answer.status != _OK:
                raise OSError(f"GET {path}: {answer.status}")
            return json.loads(raw)
        finally:
            connection.close()


def open_lane(ready: Mapping[str, Any], name: str) -> Lane:
    """Make a project on the server whose ready file is `ready`."""
    control = ControlClient(ready["control_url"], Secret(ready["control_token"]))
    made = control.ask("create_project", name=name)
    return Lane(
        control=control.about(made["project"]), base_url=ready["base_url"], api_key=Secret(made["api_key"])
    )
