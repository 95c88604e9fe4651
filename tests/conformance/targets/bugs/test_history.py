"""Each bug of saved messages is seen by who reads them, from the history or the stream."""

import functools

import pytest

from tests.conformance.targets.bugs import history  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.scene import Scene, Seen, look

FAIL = "Run exactly this shell command: `true`\nThen fail with the message: no"
LONG = "Tell me more. " * 400
LINES = "one\r\ntwo"
LETTERS = "\ufb01ne \uff21"


def conversation(scene: Scene, turns: int) -> str:
    """A task whose messages are numbered."""
    task = scene.owner.run("1")
    for number in range(2, turns + 1):
        scene.owner.follow_up(task, str(number))
    return task


def read(scene: Scene, turns: int) -> list[str]:
    """What the user said, from the history."""
    task = conversation(scene, turns)
    return [message["content"] for message in scene.owner.messages(task, "user")]


def replayed(scene: Scene, turns: int) -> int:
    """The number of messages that the stream replays."""
    return len(scene.owner.stream(conversation(scene, turns)).rest()) - 1


def said(scene: Scene, message: str) -> str:
    return scene.owner.history(scene.owner.run(message))["messages"][0]["content"]


def whole_in_the_stream(scene: Scene) -> bool:
    task = scene.owner.run(LONG)
    return scene.owner.stream(task).until("history_message")[0][1]["content"] == LONG


def replayed_of_a_failure(scene: Scene) -> list[str]:
    return [name for name, _ in scene.owner.stream(scene.owner.run(FAIL)).rest()]


def counted_after_a_cancellation(scene: Scene) -> tuple[int, int]:
    """messageCount and the messages that came, of a task whose first turn was cancelled."""
    scene.hold()
    task = scene.owner.create("Hello")
    scene.owner.cancel(task)
    scene.release()
    scene.owner.follow_up(task, "Hello again")
    heard = scene.owner.stream(task).rest()
    return heard[-1][1]["messageCount"], len(heard) - 1


def roles(scene: Scene) -> list[str]:
    task = scene.owner.run("Hello", systemPrompt='Say "please".')
    return [message["role"] for message in scene.owner.history(task)["messages"]]


def first_messages_after(scene: Scene, turns: int) -> tuple[bool, bool]:
    """Whether the first question still has its file, and the first answer its tool call."""
    message = "Run exactly this shell command: `true`"
    task = scene.owner.upload(("a.txt", b"a"), message=message)
    scene.owner.stream(task).rest()
    for number in range(turns - 1):
        scene.owner.follow_up(task, str(number))
    question, answer, *_ = scene.owner.history(task)["messages"]
    return "attachedFiles" in question, "toolCalls" in answer


SEEN = {
    "old-answers-lose-their-tools": Seen(
        functools.partial(first_messages_after, turns=16), (True, True), (True, False)
    ),
    "old-attachments-gone": Seen(
        functools.partial(first_messages_after, turns=6), (True, True), (False, True)
    ),
    "numbers-sort-as-text": Seen(
        functools.partial(read, turns=6), ["1", "2", "3", "4", "5", "6"], ["1", "6", "2", "3", "4", "5"]
    ),
    "history-of-thirty": Seen(
        functools.partial(read, turns=16),
        [str(number) for number in range(1, 17)],
        [str(number) for number in range(1, 16)],
    ),
    "replay-of-the-last-thirty": Seen(functools.partial(replayed, turns=16), 32, 30),
    "replay-cuts-long-messages": Seen(whole_in_the_stream, right=True, wrong=False),
    "pairs-only": Seen(replayed_of_a_failure, ["history_message", "history_done"], ["history_done"]),
    "marker-counts-pairs": Seen(counted_after_a_cancellation, (3, 3), (4, 3)),
    "history-normalises": Seen(functools.partial(said, message=LETTERS), LETTERS, "fine A"),
    "history-unix-line-ends": Seen(functools.partial(said, message=LINES), LINES, "one\ntwo"),
    "prompt-in-history": Seen(roles, ["user", "assistant"], ["system", "user", "assistant"]),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_saved_messages_is_seen(bug: str):
    look(bug, SEEN[bug])
