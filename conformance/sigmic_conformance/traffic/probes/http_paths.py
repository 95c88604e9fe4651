"""Rules of HTTP itself: unknown paths and methods, HEAD, header case, and malformed requests."""

from sigmic_conformance.traffic.callers import NOBODY
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import probe
from sigmic_conformance.traffic.prompts import EASY
from sigmic_conformance.traffic.steps import created, follow
from sigmic_conformance.wire.transcript import NO_OPERATION


@probe(seconds=1, requires=())
async def paths_and_methods(driver: Driver) -> None:
    """Paths that do not exist and methods that a path does not have."""
    await driver.call("list_tasks", label="twin")
    for method, target in {
        "/api/v1/nothing": "GET",
        "/api/v2/tasks": "GET",
        "/api/v1/tasks/x/y/z": "POST",
    }.items():
        await driver.request(target, method, operation=NO_OPERATION, label="unknown path")
    for method in ("PUT", "PATCH", "DELETE"):
        await driver.request(method, "/api/v1/tasks", operation=NO_OPERATION, label="wrong method")
    await driver.request("HEAD", "/api/v1/tasks?limit=1", operation="list_tasks", label="head")
    key = driver.credentials.api_key
    await driver.request(
        "GET",
        "/api/v1/tasks?limit=1",
        operation="list_tasks",
        label="header case",
        caller=NOBODY,
        headers=(("x-ApI-kEy", key),),
    )


@probe(seconds=3)
async def accept_headers(driver: Driver) -> None:
    """Open a stream of a finished task with several Accept headers, without one, and with a Last-Event-ID."""
    task = await created(driver, EASY, label="create_task")
    await follow(driver, task, label="run")
    target = driver.writer.target("stream_task", {"id": task}, {})
    for accept in (None, "*/*", "text/event-stream", "text/event-stream, */*;q=0.1"):
        await driver.call("stream_task", label="accept", path={"id": task}, accept=accept)
    for value in ("1", "nonsense", "\xe9", "x" * 2000):
        await driver.request(
            "GET",
            target,
            operation="stream_task",
            label="last event id",
            headers=(("Last-Event-ID", value),),
            accept="text/event-stream",
        )
