"""Each bug of request bodies is seen by who sends one of that kind."""

import functools
import json

import pytest

from tests.conformance.targets.bugs import bodies  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Answer
from tests.conformance.targets.bugs.scene import Scene, Seen, look

FILE = ("a.txt", b"a")


def message(scene: Scene, answer: Answer) -> str:
    return scene.owner.get(answer.data["id"])["message"]


def json_with_charset(scene: Scene) -> int:
    body = json.dumps({"message": "Hello"}).encode()
    return scene.owner.ask("POST", "/tasks", body, "application/json; charset=utf-8").status


def prompt_of_null(scene: Scene) -> str | None:
    return scene.owner.get(scene.owner.create("Hello", systemPrompt=None))["systemPrompt"]


def urlencoded(scene: Scene, text: str) -> str:
    return message(scene, scene.owner.post_urlencoded("/tasks", {"message": text}))


def form(scene: Scene, text: str) -> str:
    return message(scene, scene.owner.post_form("/tasks", {"message": text}, [FILE]))


def attached_name(scene: Scene, name: str) -> str:
    task = scene.owner.upload((name, b"a"))
    return scene.owner.history(task)["messages"][0]["attachedFiles"][0]["name"]


def files_first(scene: Scene) -> tuple[int, bool]:
    """The files and autoExecute of a form that begins with a file."""
    fields = {"message": "Look", "autoExecute": "false"}
    task = scene.owner.post_form("/tasks", fields, [FILE], files_first=True).data["id"]
    return len(scene.owner.files(task)), scene.owner.get(task)["autoExecute"]


def mode_without_files(scene: Scene) -> bool:
    answer = scene.owner.post_form("/tasks", {"message": "Look", "autoExecute": "false"})
    return scene.owner.get(answer.data["id"])["autoExecute"]


def downloaded(scene: Scene) -> bytes:
    return scene.owner.download(scene.owner.upload(("a.txt", b"one\r\ntwo\n")), "uploads/a.txt").body


def twenty_files_and_a_prompt(scene: Scene) -> bool:
    fields = {"message": "Look", "systemPrompt": "Be brief."}
    files = [(f"{number}.txt", b"x") for number in range(20)]
    return scene.owner.post_form("/tasks", fields, files).refused


def two_lines_of_a_follow_up(scene: Scene) -> str:
    task = scene.owner.run("Hello")
    scene.owner.follow_up(task, "one\ntwo", FILE)
    return scene.owner.messages(task, "user")[-1]["content"]


SUM, CAFE = "2 + 2 = 4 & so on", "Un café"
SEEN = {
    "charset-is-another-type": Seen(json_with_charset, 200, 415),
    "null-prompt-is-text": Seen(prompt_of_null, None, "None"),
    "plus-stays-plus": Seen(functools.partial(urlencoded, text=SUM), SUM, "2+++2+=+4+&+so+on"),
    "decoded-before-split": Seen(functools.partial(urlencoded, text="one & two"), "one & two", "one "),
    "urlencoded-in-latin": Seen(functools.partial(urlencoded, text=CAFE), CAFE, "Un cafÃ©"),
    "form-fields-in-latin": Seen(functools.partial(form, text=CAFE), CAFE, "Un cafÃ©"),
    "file-names-in-latin": Seen(functools.partial(attached_name, name="é.txt"), "é.txt", "Ã©.txt"),
    "semicolon-ends-the-name": Seen(functools.partial(attached_name, name="a;b.txt"), "a;b.txt", "a"),
    "files-before-the-message-lost": Seen(files_first, (1, False), (0, False)),
    "flags-after-files-ignored": Seen(files_first, (1, False), (1, True)),
    "flags-need-files": Seen(mode_without_files, right=False, wrong=True),
    "last-line-end-lost": Seen(downloaded, b"one\r\ntwo\n", b"one\r\ntwo"),
    "fields-count-as-files": Seen(twenty_files_and_a_prompt, right=False, wrong=True),
    "first-line-of-a-field": Seen(two_lines_of_a_follow_up, "one\ntwo", "one"),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_bodies_is_seen(bug: str):
    look(bug, SEEN[bug])
