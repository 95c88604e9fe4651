"""Each bug of follow-ups is seen by who sends one."""

from collections.abc import Callable

import pytest

from tests.conformance.targets.bugs import turns  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import texts
from tests.conformance.targets.bugs.scene import Scene, Seen, look

FRANCE, SUM = "What is the capital of France?", "What is 2+2?"
FAIL = "Run exactly this shell command: `true`\nThen fail with the message: {}"
SMALL = ("a.txt", b"a")


def many(count: int) -> list[tuple[str, bytes]]:
    return [(f"{number}.txt", b"x") for number in range(count)]


def attachments_without_files(scene: Scene) -> list[bool]:
    """Which of two messages, of which the first came with a file, shows attached files."""
    task = scene.owner.upload(SMALL)
    scene.owner.stream(task).rest()
    scene.owner.follow_up(task, SUM)
    return ["attachedFiles" in message for message in scene.owner.messages(task, "user")]


def calls_of_two_answers(scene: Scene) -> list[int]:
    task = scene.owner.run("Run exactly this shell command: `true`")
    scene.owner.follow_up(task, SUM)
    return [len(message.get("toolCalls", ())) for message in scene.owner.messages(task, "assistant")]


def prompt_after_a_form(scene: Scene) -> str | None:
    task = scene.owner.run(SUM, systemPrompt="Be brief.")
    scene.owner.follow_up(task, "And this", SMALL)
    return scene.owner.get(task)["systemPrompt"]


def after_two_turns(*messages: str, key: Callable[[Scene, str], object]) -> Callable[[Scene], object]:
    """What `key` finds after each of several turns."""

    def scenario(scene: Scene) -> list[object]:
        task = scene.owner.run(messages[0])
        found = [key(scene, task)]
        for message in messages[1:]:
            scene.owner.follow_up(task, message)
            found.append(key(scene, task))
        return found

    return scenario


def error(scene: Scene, task: str) -> str | None:
    return scene.owner.get(task)["error"]


def status(scene: Scene, task: str) -> str:
    return scene.owner.get(task)["status"]


def status_of_the_history(scene: Scene, task: str) -> str:
    return scene.owner.history(task)["status"]


def last_answer(scene: Scene, task: str) -> str:
    return scene.owner.messages(task, "assistant")[-1]["content"]


def replayed_after_a_failure(scene: Scene) -> list[str]:
    task = scene.owner.run(FAIL.format("no"))
    scene.owner.stream(task).rest()
    heard = scene.follow_up(task, SUM)
    return [payload["content"] for name, payload in heard if name == "history_message"]


def heard_in_a_second_turn(scene: Scene) -> str:
    return texts(scene.follow_up(scene.owner.run(FRANCE), SUM))


def size_after_a_rewrite(scene: Scene) -> int:
    task = scene.owner.run("Create a file named a.txt containing: a")
    scene.owner.files(task)
    scene.owner.follow_up(task, "Create a file named a.txt containing: abc")
    return scene.owner.files(task)["a.txt"]["size"]


def form_without_files(scene: Scene) -> bool:
    path = f"/tasks/{scene.owner.run(SUM)}/messages"
    return scene.owner.post_form(path, {"message": FRANCE}).refused


def uploaded_twice(first: int, second: int) -> Callable[[Scene], bool]:
    """Whether so many files of a follow-up are refused after so many at creation."""

    def scenario(scene: Scene) -> bool:
        task = scene.owner.upload(*many(first))
        scene.owner.stream(task).rest()
        path = f"/tasks/{task}/messages"
        return scene.owner.post_form(path, {"message": "More"}, many(second)).refused

    return scenario


ELEVEN_TWICE, ONE_THEN_TWENTY = uploaded_twice(11, 11), uploaded_twice(1, 20)


def too_large_at_follow_up(scene: Scene) -> bool:
    scene.target.files.largest = 100
    path = f"/tasks/{scene.owner.run(SUM)}/messages"
    return scene.owner.post_form(path, {"message": "Look"}, [("a.bin", bytes(101))]).refused


SEEN = {
    "attachments-stick": Seen(attachments_without_files, [True, False], [True, True]),
    "tool-calls-stick": Seen(calls_of_two_answers, [1, 0], [1, 1]),
    "follow-up-form-clears-prompt": Seen(prompt_after_a_form, "Be brief.", None),
    "error-sticks": Seen(
        after_two_turns(FAIL.format("no"), SUM, key=error),
        ["no", None],
        ["no", "no"],
    ),
    "first-error-stays": Seen(
        after_two_turns(FAIL.format("no"), FAIL.format("never"), key=error),
        ["no", "never"],
        ["no", "no"],
    ),
    "failed-for-ever": Seen(
        after_two_turns(FAIL.format("no"), SUM, key=status_of_the_history),
        ["failed", "completed"],
        ["failed", "failed"],
    ),
    "second-turn-cannot-fail": Seen(
        after_two_turns(SUM, FAIL.format("no"), key=status),
        ["completed", "failed"],
        ["completed", "completed"],
    ),
    "replay-cached-after-failure": Seen(
        replayed_after_a_failure, [FAIL.format("no"), SUM], [FAIL.format("no")]
    ),
    "feed-of-the-last-turn": Seen(
        heard_in_a_second_turn, "2+2 is 4.", "The capital of France is Paris.2+2 is 4."
    ),
    "listing-cached-by-count": Seen(size_after_a_rewrite, 3, 1),
    "follow-up-form-needs-files": Seen(form_without_files, right=False, wrong=True),
    "limit-over-the-task": Seen(ELEVEN_TWICE, right=False, wrong=True),
    "follow-up-takes-nineteen": Seen(ONE_THEN_TWENTY, right=False, wrong=True),
    "follow-up-takes-any-size": Seen(too_large_at_follow_up, right=True, wrong=False),
    "pooled-run-keeps-its-text": Seen(
        after_two_turns(FRANCE, "Hello", SUM, key=last_answer),
        ["The capital of France is Paris.", "Hello.", "2+2 is 4."],
        ["The capital of France is Paris.", "Hello.", "The capital of France is Paris.2+2 is 4."],
    ),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_follow_ups_is_seen(bug: str):
    look(bug, SEEN[bug])
