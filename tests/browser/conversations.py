"""Conversations created before a page is opened, in projects whose clock jumps over every wait."""

import json

import httpx
from playwright.sync_api import Page

from tests.browser.conftest import Mock


def new_project(mock: Mock) -> dict[str, str]:
    """Create a project; return its `project` id and its `api_key`."""
    made: dict[str, str] = mock.control("POST", "/projects", {"clock": "autojump"})
    return made


def signed_in_as(page: Page, key: str) -> None:
    """Have the chat sign in with this key instead of the local one."""
    account = {"success": True, "data": {"apiKey": key, "username": "test"}}
    page.route("**/ui/sign-in", lambda route: route.fulfill(json=account))


def client_of(mock: Mock, project: dict[str, str]) -> httpx.Client:
    """Return a client of the API that uses the project's key."""
    headers = {"Authorization": f"Bearer {project['api_key']}"}
    return httpx.Client(base_url=f"{mock.url}/api/v1", headers=headers, timeout=120)


def talked(mock: Mock, project: dict[str, str], turns: int, answer: str) -> str:
    """Ask `question 0` and so on in one conversation, each with the same answer; return its task."""
    say = [{"say": answer}]
    playbook = {"name": "talk", "when": {"message": "question 0"}, "steps": say, "turns": [{"steps": say}]}
    mock.control("PUT", f"/playbooks/talk?project={project['project']}", {"yaml": json.dumps(playbook)})
    with client_of(mock, project) as client:
        task: str = client.post("/tasks", json={"message": "question 0"}).json()["data"]["id"]
        for number in range(1, turns):
            client.get(f"/tasks/{task}/stream")
            client.post(f"/tasks/{task}/messages", json={"message": f"question {number}"}).raise_for_status()
        client.get(f"/tasks/{task}/stream")
    return task
