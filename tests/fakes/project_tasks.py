"""Read tasks of a project of a whole mock with a synchronous client."""

from typing import Any

import requests

from sigmic_mock.testing import Project
from tests.fakes.subscriber import parse

Events = list[tuple[str, dict[str, Any]]]


def create(project: Project, message: str = "What is 2+2?", **fields: Any) -> str:
    answer = post(project, "", message=message, **fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["id"])


def post(project: Project, path: str, **body: Any) -> requests.Response:
    return requests.post(_address(project, path), headers=project.headers, json=body, timeout=30)


def get(project: Project, path: str = "") -> requests.Response:
    return requests.get(_address(project, path), headers=project.headers, timeout=90)


def events(project: Project, task: str) -> Events:
    """Return the events of a task's stream. The stream must succeed."""
    return parse(get(project, f"/{task}/stream").content)


def results(heard: Events) -> list[tuple[str, str]]:
    return [(data["status"], data["output"]) for name, data in heard if name == "tool_result"]


def told(heard: Events) -> list[str]:
    """Return the messages of the `status` events."""
    return [data["message"] for name, data in heard if name == "status" and "message" in data]


def _address(project: Project, path: str) -> str:
    return f"{project.base_url}/api/v1/tasks{path}"
