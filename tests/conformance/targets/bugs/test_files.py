"""Each bug of files is seen by who uploads, lists or downloads them."""

import functools
import io
import zipfile

import pytest

from tests.conformance.targets.bugs import files  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.client import Upload
from tests.conformance.targets.bugs.scene import WAIT, Scene, Seen, look, within

RUN = "Run exactly this shell command: `{}`\n"
TEXT = "é".encode()


def archive(*entries: tuple[str, str]) -> bytes:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as opened:
        for name, content in entries:
            opened.writestr(name, content)
    return made.getvalue()


NESTED = archive(
    ("top/one.txt", "1"), ("top/deep/deeper/two.txt", "2"), ("top/é.txt", "3"), ("top/empty.txt", "")
)


def disposition(scene: Scene, path: str, upload: Upload) -> str:
    """The first parameter of the header."""
    task = scene.owner.upload(upload)
    return scene.owner.download(task, path).headers["Content-Disposition"].partition(";")[2].partition(";")[0]


def header_of_a_name(scene: Scene) -> str | None:
    """A header that a file's name smuggles into the answer."""
    command = "touch -- \"$(printf 'a\\nX-Made: yes')\""
    task = scene.owner.run(RUN.format(command))
    return scene.owner.download(task, "a\nX-Made: yes").headers["X-Made"]


def downloaded(scene: Scene) -> bytes:
    return scene.owner.download(scene.owner.upload(("a.txt", TEXT)), "uploads/a.txt").body


def size(scene: Scene) -> int:
    return scene.owner.files(scene.owner.upload(("a.txt", TEXT)))["uploads/a.txt"]["size"]


def types(scene: Scene, name: str) -> tuple[str, str | None]:
    """The type of a file in the listing and of its download."""
    task, path = scene.owner.upload((name, b"a,b")), f"uploads/{name}"
    return scene.owner.files(task)[path]["mimeType"], scene.owner.download(task, path).headers["Content-Type"]


def status_of_a_download(scene: Scene, name: str) -> int:
    return scene.owner.download(scene.owner.upload((name, b"a")), f"uploads/{name}").status


def paths(scene: Scene, uploads: tuple[Upload, ...]) -> list[str]:
    """What an upload becomes, below uploads/."""
    return [path.removeprefix("uploads/") for path in scene.owner.files(scene.owner.upload(*uploads))]


def files_of_a_failure(scene: Scene) -> int:
    task = scene.owner.create(RUN.format("true") + "Then fail with the message: no")
    within(10.0, lambda: scene.owner.get(task)["status"] == "failed")
    return scene.owner.ask("GET", f"/tasks/{task}/artifacts").status


def files_while_running(scene: Scene) -> list[str]:
    task = scene.owner.create(RUN.format("true > made.txt; " + WAIT))
    made = scene.target.platform.tasks[task].folder / "made.txt"
    within(10.0, made.exists)
    return list(scene.owner.files(task))


def paths_of_a_follow_up(scene: Scene) -> list[str]:
    task = scene.owner.run("Hello")
    scene.owner.follow_up(task, "Look", ("A.ZIP", archive(("a.txt", "a"))))
    return list(scene.owner.files(task))


def uploaded_again(scene: Scene) -> tuple[bytes, bool]:
    """What is where a file uploaded again is attached, and whether the agent is told of that place."""
    task = scene.owner.upload(("a.txt", b"old"))
    scene.owner.stream(task).rest()
    scene.owner.follow_up(task, "Look", ("a.txt", b"new"))
    place = scene.owner.messages(task, "user")[-1]["attachedFiles"][0]["path"]
    told = scene.owner.messages(task, "assistant")[-1]["content"]
    return scene.owner.download(task, place).body, place in told


def agent_told(scene: Scene) -> bool:
    return uploaded_again(scene)[1]


def attached_place(scene: Scene) -> bytes:
    return uploaded_again(scene)[0]


def two_files_near_the_limit(scene: Scene) -> bool:
    scene.target.files.largest = 100
    uploads = [("a.bin", bytes(100)), ("b.bin", bytes(100))]
    return scene.owner.post_form("/tasks", {"message": "Look"}, uploads).refused


def attached_of_twenty(scene: Scene) -> int:
    task = scene.owner.upload(*[(f"{number}.txt", b"x") for number in range(20)])
    return len(scene.owner.messages(task, "user")[0]["attachedFiles"])


ZIP = ("a.zip", NESTED)
ENTRIES = ["top/deep/deeper/two.txt", "top/empty.txt", "top/one.txt", "top/é.txt"]
unzipped = functools.partial(paths, uploads=(ZIP,))
several = functools.partial(
    paths,
    uploads=(
        ("one.zip", archive(("one.txt", "1"))),
        ("two.zip", archive(("two.txt", "2"))),
        ("three.txt", b"3"),
    ),
)
same_names = functools.partial(paths, uploads=(("a.txt", b"a"), ("sub.zip", archive(("sub/a.txt", "a")))))
quoted = functools.partial(disposition, path='uploads/a"b.txt', upload=('a"b.txt', b"a"))
nested = functools.partial(disposition, path="uploads/top/one.txt", upload=ZIP)
TYPED = ("text/csv", "text/csv")
UNKNOWN = "application/octet-stream"
SEEN = {
    "no-extension-is-text": Seen(
        functools.partial(types, name="LICENSE"), (UNKNOWN, UNKNOWN), (UNKNOWN, "text/plain")
    ),
    "folder-in-disposition": Seen(nested, ' filename="one.txt"', ' filename="top/one.txt"'),
    "quote-in-disposition": Seen(quoted, ' filename="a_b.txt"', ' filename="a"b.txt"'),
    "line-end-in-disposition": Seen(header_of_a_name, None, 'yes"'),
    "length-in-characters": Seen(downloaded, TEXT, TEXT[:1]),
    "upper-case-unknown": Seen(functools.partial(types, name="A.CSV"), TYPED, ("text/csv", UNKNOWN)),
    "first-dot-counts": Seen(functools.partial(types, name="report.v2.csv"), TYPED, (UNKNOWN, UNKNOWN)),
    "plus-in-path-is-a-blank": Seen(functools.partial(status_of_a_download, name="a+b.txt"), 200, 404),
    "size-in-characters": Seen(size, 2, 1),
    "listed-by-name": Seen(same_names, ["a.txt", "sub/a.txt"], ["sub/a.txt"]),
    "failed-tasks-have-no-files": Seen(files_of_a_failure, 200, 404),
    "files-after-the-turn": Seen(files_while_running, ["made.txt"], []),
    "deep-folders-left-out": Seen(unzipped, ENTRIES, ["top/deep/two.txt", *ENTRIES[1:]]),
    "entry-names-of-dos": Seen(unzipped, ENTRIES, [*ENTRIES[:3], "top/\u251c\u2310.txt"]),
    "empty-entry-is-a-folder": Seen(unzipped, ENTRIES, [ENTRIES[0], *ENTRIES[2:]]),
    "one-archive-for-all": Seen(several, ["one.txt", "three.txt", "two.txt"], ["three.txt", "two.txt"]),
    "archive-ends-the-upload": Seen(several, ["one.txt", "three.txt", "two.txt"], ["one.txt"]),
    "capital-zip-stays": Seen(paths_of_a_follow_up, ["uploads/a.txt"], ["uploads/A.ZIP"]),
    "attached-before-renamed": Seen(attached_place, b"new", b"old"),
    "agent-told-the-old-name": Seen(agent_told, right=True, wrong=False),
    "sizes-are-summed": Seen(two_files_near_the_limit, right=False, wrong=True),
    "ten-attached-files": Seen(attached_of_twenty, 20, 10),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_files_is_seen(bug: str):
    look(bug, SEEN[bug])
