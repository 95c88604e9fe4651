"""Each bug of readers is seen by one of them, or by who reads the task afterwards."""

import pytest

from tests.conformance.targets.bugs import readers  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Reader, names, texts
from tests.conformance.targets.bugs.scene import BUSY, WAIT, Scene, Seen, look, within

RUN = "Run exactly this shell command: `{}`\n"
WAIT_AGAIN = WAIT.replace("go", "go2")


def busy(scene: Scene, message: str = BUSY) -> tuple[str, Reader]:
    """A task whose first command waits to be let go, and a reader that has heard of it."""
    task = scene.owner.create(message)
    reader = scene.owner.stream(task)
    reader.until("tool_call")
    return task, reader


def joined(scene: Scene, task: str) -> Reader:
    """One more reader that has heard of the tool call."""
    reader = scene.owner.stream(task)
    reader.until("tool_call")
    return reader


def drop(scene: Scene, reader: Reader) -> None:
    """A reader goes away, and the target notices."""
    reader.close()
    scene.beats()


def completes(scene: Scene, task: str) -> bool:
    return scene.comes(lambda: scene.owner.get(task)["status"] == "completed")


def finished_without_its_reader(scene: Scene) -> bool:
    task, reader = busy(scene, BUSY + "\n" + RUN.format("true"))
    drop(scene, reader)
    scene.let_go(task)
    return completes(scene, task)


def joined_after_many_drops(scene: Scene) -> int:
    task, _ = busy(scene)
    for _ in range(3):
        joined(scene, task).close()
    scene.beats()
    return scene.owner.stream(task).status


def heard_by_the_next(scene: Scene) -> list[str]:
    task, first = busy(scene)
    second = joined(scene, task)
    drop(scene, first)
    scene.let_go(task)
    return names(second.rest())


def heartbeats_of_the_other(scene: Scene) -> bool:
    """A heartbeat comes during a second command, after one of two readers dropped during the first."""
    task, first = busy(scene, BUSY + "\n" + RUN.format(WAIT_AGAIN))
    second = joined(scene, task)
    drop(scene, first)
    scene.let_go(task)
    second.until("tool_call")
    scene.beats()
    scene.let_go(task, "go2")
    return "heartbeat" in [name for name, _ in second.rest()]


def heard_by_who_comes_back(scene: Scene) -> list[str]:
    task, first = busy(scene)
    drop(scene, first)
    again = scene.owner.stream(task)
    again.until("history_done")
    scene.let_go(task)
    return names(again.rest())


def said_to_a_late_reader(scene: Scene) -> str:
    task, first = busy(scene, RUN.format("true") + BUSY)
    first.until("tool_call")
    late = scene.owner.stream(task)
    late.until("history_done")
    scene.let_go(task)
    return texts(late.rest())


def answers_without_a_reader(scene: Scene) -> int:
    task = scene.owner.create("Hello")
    within(10.0, lambda: scene.owner.get(task)["status"] == "completed")
    return len(scene.owner.messages(task, "assistant"))


def answers_with_two_readers(scene: Scene) -> int:
    scene.hold()
    task = scene.owner.create("Hello")
    both = [scene.owner.stream(task), scene.owner.stream(task)]
    for reader in both:
        reader.until("history_done")
    scene.release()
    for reader in both:
        reader.rest()
    return len(scene.owner.messages(task, "assistant"))


def files_in_the_second_replay(scene: Scene) -> list[bool]:
    task = scene.owner.upload(("a.txt", b"a"))
    replays = [scene.owner.stream(task).until("history_message")[0][1] for _ in range(2)]
    return ["attachedFiles" in message for message in replays]


def streaming_after_a_failure(scene: Scene) -> bool:
    task = scene.owner.create(RUN.format("true") + "Then fail with the message: no")
    within(10.0, lambda: scene.owner.get(task)["status"] == "failed")
    return scene.owner.stream(task).until("history_done")[-1][1]["isStreaming"]


def heartbeats_while_pending(scene: Scene) -> bool:
    scene.beats(1)
    scene.hold()
    reader = scene.owner.stream(scene.owner.create("Hello"))
    reader.until("history_done")
    scene.beats()
    scene.release()
    return "heartbeat" in [name for name, _ in reader.rest()]


def end_for_a_late_reader(scene: Scene) -> str:
    """The last thing that a second reader hears, if it is not only heartbeats any more."""
    task, _ = busy(scene)
    late = joined(scene, task)
    scene.let_go(task)
    late.until("tool_result")
    silent = 0
    for name, _ in late:
        silent += name == "heartbeat"
        if name == "done" or silent > 10:
            return name
    return "end"


def speaking(scene: Scene) -> tuple[str, Reader]:
    """A task that is counting and has a while to go, and a reader that has heard some of it."""
    scene.hold()
    scene.speak_slowly()
    task = scene.owner.create(RUN.format("true") + "Then count from 1 to 20.")
    reader = scene.owner.stream(task)
    reader.until("history_done")
    scene.release()
    reader.until("tool_result")
    reader.until("content")
    return task, reader


def answers_after_joining_a_speaker(scene: Scene) -> int:
    task, first = speaking(scene)
    scene.owner.stream(task).until("history_done")
    scene.target.platform.pace_seconds = 0.0
    first.rest()
    return len(scene.owner.messages(task, "assistant"))


def answer_without_its_reader(scene: Scene) -> bool:
    """The last number is in the answer though the only reader has gone."""
    task, reader = speaking(scene)
    drop(scene, reader)
    scene.target.platform.pace_seconds = 0.0
    within(10.0, lambda: scene.owner.get(task)["status"] == "completed")
    return "20\n" in scene.owner.messages(task, "assistant")[0]["content"]


SEEN = {
    "partial-answer-stays": Seen(answers_after_joining_a_speaker, 1, 2),
    "answer-ends-with-its-reader": Seen(answer_without_its_reader, right=True, wrong=False),
    "nobody-listens-nobody-works": Seen(finished_without_its_reader, right=True, wrong=False),
    "dropped-readers-count": Seen(joined_after_many_drops, 200, 503),
    "removed-while-iterating": Seen(
        heard_by_the_next, ["tool_result", "content", "done"], ["content", "done"]
    ),
    "shared-timer-dies": Seen(heartbeats_of_the_other, right=True, wrong=False),
    "place-is-kept": Seen(
        heard_by_who_comes_back,
        ["thought", "content", "tool_call", "tool_result", "content", "done"],
        ["tool_result", "content", "done"],
    ),
    "catch-up-since-the-last-tool": Seen(
        said_to_a_late_reader,
        "Command 1 of 2. Command 2 of 2. That was all.",
        "That was all.",
    ),
    "answer-saved-by-the-reader": Seen(answers_without_a_reader, 1, 0),
    "every-reader-saves": Seen(answers_with_two_readers, 1, 2),
    "replay-pops-attachments": Seen(files_in_the_second_replay, [True, True], [True, False]),
    "failed-looks-alive": Seen(streaming_after_a_failure, right=False, wrong=True),
    "quiet-while-pending": Seen(heartbeats_while_pending, right=True, wrong=False),
    "late-reader-left-open": Seen(end_for_a_late_reader, "done", "heartbeat"),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_readers_is_seen(bug: str):
    look(bug, SEEN[bug])
