"""Each bug of a task's state is seen by who acts upon the task, or looks at it, in that state."""

import pytest

from tests.conformance.targets.bugs import states  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Client
from tests.conformance.targets.bugs.scene import WAIT, Scene, Seen, look, within

RUN = "Run exactly this shell command: `{}`\n"
COUNT = RUN.format("true") + "Then count from 1 to 40."
TWO = "Run exactly these shell commands at the same time, both: `{}` and `{}`"
HELPED = "Use a subagent named helper to run exactly this shell command: `{}`"
MARKED = WAIT + "; echo made > {}"


def reaches(client: Client, task: str, status: str) -> bool:
    return within(10.0, lambda: client.get(task)["status"] == status)


def made(scene: Scene, task: str, *names: str) -> bool:
    """A command that was stopped goes on when it is let go."""
    scene.let_go(task)
    return scene.comes_wrongly(lambda: not scene.owner.files(task).keys().isdisjoint(names))


def started_after_a_cancellation(scene: Scene) -> bool:
    scene.hold()
    task = scene.owner.create("Hello")
    scene.owner.cancel(task)
    scene.release()
    return scene.comes_wrongly(lambda: scene.owner.get(task)["status"] != "cancelled")


def two_after_a_cancellation(scene: Scene) -> bool:
    task = scene.owner.create(TWO.format(MARKED.format("a.txt"), MARKED.format("b.txt")))
    within(10.0, lambda: len(scene.target.platform.tasks[task].run.processes) == 2)
    scene.owner.cancel(task)
    return made(scene, task, "a.txt", "b.txt")


def subagent_after_a_cancellation(scene: Scene) -> bool:
    task = scene.owner.create(HELPED.format(MARKED.format("a.txt")))
    within(10.0, lambda: bool(scene.target.platform.tasks[task].run.processes))
    scene.owner.cancel(task)
    return made(scene, task, "a.txt")


def speaking(scene: Scene) -> str:
    """A task that is counting and has a while to go."""
    scene.speak_slowly()
    task = scene.owner.create(COUNT)
    reader = scene.owner.stream(task)
    reader.until("tool_result")
    reader.until("content")
    return task


def cancelled_while_speaking(scene: Scene) -> bool:
    task = speaking(scene)
    scene.owner.cancel(task)
    return scene.comes(lambda: scene.owner.get(task)["status"] == "cancelled")


def output_while_speaking(scene: Scene) -> bool:
    """What was said after the tool is in the output of the task that still runs."""
    task = speaking(scene)
    found = scene.owner.get(task)
    assert found["status"] == "running"
    return "1\n" in found["output"]["content"]


def variables_while_pending(scene: Scene) -> dict:
    scene.hold()
    task = scene.owner.create("Hello", env={"REGION": "eu"}, secrets={"TOKEN": "hush"})
    return scene.owner.get(task)["env"]


def error_with_secrets(scene: Scene) -> str:
    message = RUN.format("true") + "Then fail with the message: no"
    task = scene.owner.create(message, secrets={"TOKEN": "hush"})
    reaches(scene.owner, task, "failed")
    return scene.owner.get(task)["error"]


def error_after_a_failed_command(scene: Scene) -> str | None:
    task = scene.owner.create(RUN.format("false"))
    reaches(scene.owner, task, "completed")
    return scene.owner.get(task)["error"]


def history_while_waiting(scene: Scene) -> str:
    task = scene.owner.create(RUN.format("true"), autoExecute=False)
    reaches(scene.owner, task, "awaiting_approval")
    return scene.owner.history(task)["status"]


SEEN = {
    "cancelled-before-it-starts": Seen(started_after_a_cancellation, right=False, wrong=True),
    "cancel-stops-one-of-two": Seen(two_after_a_cancellation, right=False, wrong=True),
    "subagent-outlives-its-task": Seen(subagent_after_a_cancellation, right=False, wrong=True),
    "cancelled-between-tools-only": Seen(cancelled_while_speaking, right=True, wrong=False),
    "output-flushed-by-tools": Seen(output_while_speaking, right=True, wrong=False),
    "pending-shows-secrets": Seen(
        variables_while_pending, {"REGION": "eu"}, {"REGION": "eu", "TOKEN": "hush"}
    ),
    "error-shows-secrets": Seen(error_with_secrets, "no", "no (TOKEN=hush)"),
    "tool-error-is-the-tasks": Seen(error_after_a_failed_command, None, "run_shell_command failed"),
    "history-knows-no-waiting": Seen(history_while_waiting, "awaiting_approval", "running"),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_a_state_is_seen(bug: str):
    look(bug, SEEN[bug])
