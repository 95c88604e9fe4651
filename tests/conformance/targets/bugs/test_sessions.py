"""Each bug of restored sessions is seen by who goes on with a task after a while."""

import io
import zipfile

import pytest

from tests.conformance.targets.bugs import sessions  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Upload, names
from tests.conformance.targets.bugs.scene import Scene, Seen, look

TELL, ASK = "Remember the codeword {}", "What is the codeword?"
UNKNOWN = "You have not told me one."
WRITE = "Create a file named {} containing: {}"
RUN = "Run exactly this shell command: `{}`"


def restored(scene: Scene, task: str, message: str, *files: Upload) -> str:
    """What the agent answers in a new session."""
    scene.expire(task)
    scene.owner.follow_up(task, message, *files)
    return scene.owner.messages(task, "assistant")[-1]["content"]


def remembered_from_the_first_turn(scene: Scene) -> str:
    task = scene.owner.run(TELL.format("plum"))
    scene.owner.follow_up(task, "Hello")
    return restored(scene, task, ASK)


def remembered_from_long_ago(scene: Scene) -> str:
    task = scene.owner.run(TELL.format("plum"))
    for _ in range(5):
        scene.owner.follow_up(task, "Hello")
    return restored(scene, task, ASK)


def remembered_from_between(scene: Scene) -> str:
    task = scene.owner.run("Hello")
    restored(scene, task, TELL.format("plum"))
    return restored(scene, task, ASK)


def remembered_from_a_cancelled_turn(scene: Scene) -> str:
    scene.hold()
    task = scene.owner.create(TELL.format("plum"))
    scene.owner.cancel(task)
    scene.release()
    return restored(scene, task, ASK)


def heard_while_restored(scene: Scene) -> list[str]:
    task = scene.owner.run("Hello")
    scene.expire(task)
    return names(scene.follow_up(task, "What is 2+2?"))[3:]


def answer_to_an_upload(scene: Scene) -> str:
    return restored(scene, scene.owner.run("Hello"), "Look", ("a.txt", b"a"))


def variables_after(scene: Scene) -> dict | None:
    task = scene.owner.run("Hello", env={"REGION": "eu"}, secrets={"TOKEN": "hush"})
    restored(scene, task, "Hello")
    return scene.owner.get(task)["env"]


def same_creation(scene: Scene) -> bool:
    task = scene.owner.run("Hello")
    before = scene.owner.get(task)["createdAt"]
    restored(scene, task, "Hello")
    return scene.owner.get(task)["createdAt"] == before


def files_after_two(scene: Scene) -> list[str]:
    task = scene.owner.run(WRITE.format("a.txt", "a"))
    restored(scene, task, WRITE.format("b.txt", "b"))
    restored(scene, task, "Hello")
    return list(scene.owner.files(task))


def messages_after_two(scene: Scene) -> list[str]:
    task = scene.owner.run("1")
    restored(scene, task, "2")
    restored(scene, task, "3")
    return [message["content"] for message in scene.owner.messages(task, "user")]


def files_of_many_kinds(scene: Scene) -> list[str]:
    """The uploads that are left after a restore: plain, nested, with a blank, empty, not ASCII."""
    with zipfile.ZipFile(archive := io.BytesIO(), "w") as made:
        made.writestr("top/deep/c.txt", "c")
    uploads = [
        ("a.txt", b"a"),
        ("b b.txt", b"b"),
        ("c.zip", archive.getvalue()),
        ("d.txt", b""),
        ("é.txt", b"e"),
    ]
    task = scene.owner.upload(*uploads)
    scene.owner.stream(task).rest()
    restored(scene, task, "Hello")
    return [path.removeprefix("uploads/") for path in scene.owner.files(task)]


KINDS = ["a.txt", "b b.txt", "d.txt", "top/deep/c.txt", "é.txt"]


def without(name: str) -> list[str]:
    return [kind for kind in KINDS if kind != name]


def downloaded_after_a_rewrite(scene: Scene) -> bytes:
    task = scene.owner.run(WRITE.format("a.txt", "old"))
    restored(scene, task, WRITE.format("a.txt", "new"))
    return scene.owner.download(task, "a.txt").body


def files_of_the_restoring_turn(scene: Scene) -> list[str]:
    task = scene.owner.run("Hello")
    restored(scene, task, "Look", ("a.txt", b"a"))
    return list(scene.owner.files(task))


def status_of_a_call(scene: Scene) -> str:
    task = scene.owner.run("Hello")
    scene.expire(task)
    scene.owner.post(f"/tasks/{task}/messages", {"message": RUN.format("sleep 5")})
    return scene.owner.stream(task).until("tool_call")[-1][1]["status"]


def heartbeats_of_a_restored_run(scene: Scene) -> bool:
    """A heartbeat comes while a command runs for four intervals."""
    task = scene.owner.run("Hello")
    scene.expire(task)
    return "heartbeat" in [name for name, _ in scene.follow_up(task, RUN.format("sleep 0.2"))]


def found_by_the_end_user(scene: Scene) -> int:
    anna = scene.user("anna")
    task = anna.run("Hello")
    scene.expire(task)
    anna.post(f"/tasks/{task}/messages", {"message": "Hello"})
    return anna.ask("GET", f"/tasks/{task}").status


SEEN = {
    "restore-loads-the-last-turn": Seen(remembered_from_the_first_turn, "plum", UNKNOWN),
    "restore-loads-ten": Seen(remembered_from_long_ago, "plum", UNKNOWN),
    "second-restore-loads-the-first": Seen(remembered_from_between, "plum", UNKNOWN),
    "cancelled-turn-not-loaded": Seen(remembered_from_a_cancelled_turn, "plum", UNKNOWN),
    "restored-run-silent": Seen(
        heard_while_restored, ["history_done", "content", "content", "done"], ["history_done"]
    ),
    "restored-agent-sees-no-uploads": Seen(answer_to_an_upload, "You uploaded uploads/a.txt.", "Hello."),
    "env-gone-after-restore": Seen(variables_after, {"REGION": "eu"}, None),
    "restore-merges-secrets": Seen(variables_after, {"REGION": "eu"}, {"REGION": "eu", "TOKEN": "hush"}),
    "created-again": Seen(same_creation, right=True, wrong=False),
    "files-of-the-middle-session": Seen(files_after_two, ["a.txt", "b.txt"], ["a.txt"]),
    "messages-of-the-middle-session": Seen(messages_after_two, ["1", "2", "3"], ["1", "3"]),
    "restore-is-shallow": Seen(files_of_many_kinds, KINDS, without("top/deep/c.txt")),
    "restore-splits-names": Seen(files_of_many_kinds, KINDS, without("b b.txt")),
    "restore-skips-empty-files": Seen(files_of_many_kinds, KINDS, without("d.txt")),
    "restore-renames-to-ascii": Seen(files_of_many_kinds, KINDS, ["?.txt", *without("é.txt")]),
    "downloads-of-the-preserved": Seen(downloaded_after_a_rewrite, b"new", b"old"),
    "uploads-into-the-old-workspace": Seen(files_of_the_restoring_turn, ["uploads/a.txt"], []),
    "restored-task-asks": Seen(status_of_a_call, "executing", "awaiting_approval"),
    "quiet-after-restore": Seen(heartbeats_of_a_restored_run, right=True, wrong=False),
    "restore-forgets-the-end-user": Seen(found_by_the_end_user, 200, 404),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_restored_sessions_is_seen(bug: str):
    look(bug, SEEN[bug])
