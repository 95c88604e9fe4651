"""A typical naive client: it works as long as no fault occurs."""

import http.client
import json
import os
from urllib.parse import urlsplit

HOST = urlsplit(os.environ["SIGMIC_BASE_URL"]).netloc
KEY = {"Authorization": f"Bearer {os.environ['SIGMIC_API_KEY']}"}


def call(method: str, path: str, body: dict[str, str] | None = None) -> dict[str, object]:
    """Call the API without a retry, a timeout or a check of the content type."""
    connection = http.client.HTTPConnection(HOST)
    sent = None if body is None else json.dumps(body)
    connection.request(method, path, sent, KEY | ({"Content-Type": "application/json"} if body else {}))
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "application/json", answer.getheader("Content-Type")
    text = answer.read().decode()
    assert text.startswith('{"success":true,'), text
    return dict(json.loads(text))


def follow(task: str) -> str:
    """Read a stream, assuming that every chunk holds whole events and that fields keep their order."""
    connection = http.client.HTTPConnection(HOST)
    connection.request("GET", f"/api/v1/tasks/{task}/stream", headers=KEY)
    answer = connection.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"
    said = ""
    while chunk := answer.read1(65536):
        for block in chunk.decode().split("\n\n"):
            if not block or block.startswith(":"):
                continue
            name, data = block.split("\n")
            payload = json.loads(data.removeprefix("data: "))
            kind = name.removeprefix("event: ")
            said += payload["text"] if kind == "content" and "text" in payload else ""
            if kind == "done":
                return said
    raise AssertionError("the stream ended without done")


def main() -> None:
    made = call("POST", "/api/v1/tasks", {"message": "Think about rain. What is 2+2?"})
    data = made["data"]
    assert isinstance(data, dict)
    task = str(data["id"])
    follow(task)
    assert call("GET", f"/api/v1/tasks/{task}")["data"]["status"] == "completed"  # type: ignore[index]  # naive
    call("POST", f"/api/v1/tasks/{task}/messages", {"message": "And 3+3?"})
    follow(task)


if __name__ == "__main__":
    main()
