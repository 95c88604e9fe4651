"""requests reads the mock line by line, as the documentation's Python example does."""

import json

import requests

from tests.e2e.process import MockProcess


def lines_to_events(response: requests.Response):
    """Parse `event: ` lines, each with its `data: ` line. Lines that begin with a colon are comments."""
    name = None
    for line in response.iter_lines(decode_unicode=True):
        if line.startswith(":"):
            continue
        if line.startswith("event: "):
            name = line[len("event: ") :]
        elif line.startswith("data: ") and name:
            yield name, json.loads(line.replace("data: ", "", 1))
            name = None


def test_a_form_without_files_is_what_requests_sends(mock: MockProcess):
    created = requests.post(
        f"{mock.url}/api/v1/tasks",
        headers=mock.headers,
        data={"message": "What is the capital of France?", "autoExecute": "true"},
        timeout=10,
    )
    task = created.json()["data"]["id"]

    with requests.get(
        f"{mock.url}/api/v1/tasks/{task}/stream", headers=mock.headers, stream=True, timeout=30
    ) as response:
        events = list(lines_to_events(response))

    assert created.json()["data"]["status"] == "pending"
    assert events[-1][0] == "done"
    assert "Paris" in events[-1][1]["finalResponse"]
