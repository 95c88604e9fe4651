"""What the mock promises about files and archives where no page says anything: gaps of spec/facts.yaml."""

import io
import unicodedata
import zipfile
from typing import Any

import aiohttp
import pytest

from sigmic_mock.domain.upload_rules import UploadLimits
from tests.fakes.archives import HOSTILE
from tests.fakes.served import TASKS, Reply, Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

MISSING = (404, "NOT_FOUND")


def told(reply: Reply) -> tuple[int, str | None]:
    """The status, and the code of a refusal."""
    return reply.status, reply.code if reply.status >= 400 else None


def packed(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


async def sent(mock: Served, *files: tuple[str, bytes], part: str = "files") -> Reply:
    """The answer to a creation with files."""
    form = aiohttp.FormData({"message": "What is 2+2?"}, quote_fields=False)
    for name, content in files:
        form.add_field(part, io.BytesIO(content), filename=name)
    return await mock.call("POST", TASKS, data=form)


async def created(mock: Served, *files: tuple[str, bytes]) -> str:
    return str((await sent(mock, *files)).data["id"])


async def listed(mock: Served, task: str) -> dict[str, Any]:
    found = (await mock.call("GET", f"{TASKS}/{task}/artifacts")).data["files"]
    return {each["path"]: each for each in found}


async def attached(mock: Served, task: str) -> list[str]:
    """The paths of the files of a task's first message."""
    first = (await mock.call("GET", f"{TASKS}/{task}/history")).data["messages"][0]
    assert first["content"] == "What is 2+2?"  # G-33: the words alone
    return [each["path"] for each in first["attachedFiles"]]


# -- lists and downloads ------------------------------------------------------------------------------------


async def test_a_pending_task_without_files_has_an_empty_list(mock: Served):
    """G-82."""
    assert await listed(mock, await mock.create()) == {}


async def test_a_list_has_types_and_categories_and_no_hidden_file(mock: Served):
    """G-80 and G-83."""
    names = ("a.qqq", ".hidden", "node_modules/m.js", "b.csv")
    task = await created(mock, ("a.zip", packed(**dict.fromkeys(names, b"x"))))

    found = await listed(mock, task)

    assert {path: each["mimeType"] for path, each in found.items()} == {
        "uploads/a/a.qqq": "application/octet-stream",
        "uploads/a/b.csv": "text/csv",
    }
    assert {each["category"] for each in found.values()} == {"other", "csv"}


@pytest.mark.parametrize("path", ["../a.txt", "/etc/passwd", "uploads/../../a.txt", "uploads", "."])
async def test_a_path_outside_the_workspace_and_a_directory_are_not_found(mock: Served, path: str):
    """G-78."""
    task = await created(mock, ("a.txt", b"x"))

    assert (
        told(await mock.call("GET", f"{TASKS}/{task}/artifacts/download", params={"path": path})) == MISSING
    )


async def test_a_download_has_its_headers_and_serves_ranges_and_heads(mock: Served):
    """G-77 and G-85."""
    path = f"{TASKS}/{await created(mock, ('a.txt', b'0123456789'))}/artifacts/download?path=uploads/a.txt"

    whole = await mock.call("GET", path)
    part = await mock.call("GET", path, headers={**mock.key, "Range": "bytes=2-4"})
    head = await mock.call("HEAD", path)

    assert (whole.status, whole.body) == (200, b"0123456789")
    assert (part.status, part.body) == (206, b"234")
    assert (head.status, head.body) == (200, b"")
    assert whole.headers["ETag"] == part.headers["ETag"] == head.headers["ETag"]
    assert {each.headers["X-Content-Type-Options"] for each in (whole, part, head)} == {"nosniff"}


# -- uploads ------------------------------------------------------------------------------------------------


async def test_an_empty_file_is_kept(mock: Served):
    """G-29."""
    found = await listed(mock, await created(mock, ("a.txt", b"")))

    assert found["uploads/a.txt"]["size"] == 0


async def test_two_files_of_one_name_are_both_kept(mock: Served):
    """G-30."""
    found = await listed(mock, await created(mock, ("a.txt", b"one"), ("a.txt", b"three")))

    assert {path: each["size"] for path, each in found.items()} == {
        "uploads/a.txt": 3,
        "uploads/a (1).txt": 5,
    }


async def test_a_name_is_composed_and_without_its_folders(mock: Served):
    """G-30."""
    name = unicodedata.normalize("NFD", "café.txt")

    assert list(await listed(mock, await created(mock, (f"folder/{name}", b"x")))) == ["uploads/café.txt"]


async def test_a_file_of_another_part_is_refused(mock: Served):
    """G-35."""
    assert told(await sent(mock, ("a.txt", b"x"), part="file")) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(("beyond", "answer"), [(0, (201, None)), (1, (413, "FILE_TOO_LARGE"))])
async def test_a_file_may_have_exactly_the_limit(mock: Served, beyond: int, answer: Any):
    """G-25."""
    assert UploadLimits().file_bytes == 52_428_800

    assert told(await sent(mock, ("a.bin", bytes(UploadLimits().file_bytes + beyond)))) == answer


# -- archives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "paths"),
    [
        # G-31: below the only top directory, or one of the archive's name; the archive is not kept.
        ("a.zip", packed(**{"d/b.txt": b"x", "d/c.txt": b"x"}), ["uploads/d/b.txt", "uploads/d/c.txt"]),
        ("a.zip", packed(**{"b.txt": b"x", "d/c.txt": b"x"}), ["uploads/a/b.txt", "uploads/a/d/c.txt"]),
        # G-31
        ("a.zip", packed(**{"d/in.zip": packed(**{"x.txt": b"x"})}), ["uploads/d/in.zip"]),
        # G-31
        ("a.dat", packed(**{"d/b.txt": b"x"}), ["uploads/d/b.txt"]),
    ],
)
async def test_an_archive_is_extracted_to_its_place(
    mock: Served, name: str, content: bytes, paths: list[str]
):
    assert sorted(await listed(mock, await created(mock, (name, content)))) == paths


@pytest.mark.parametrize("name", sorted(HOSTILE))
async def test_a_hostile_archive_is_refused_as_a_whole(mock: Served, name: str):
    """G-31."""
    before = (await mock.call("GET", TASKS)).json["pagination"]["total"]

    reply = await sent(mock, ("good.txt", b"x"), (name, HOSTILE[name]()))

    assert told(reply) == (400, "INVALID_ARCHIVE")
    assert (await mock.call("GET", TASKS)).json["pagination"]["total"] == before


async def test_the_message_of_an_archive_has_its_entries_attached_but_at_most_200(mock: Served):
    """G-32 and G-33."""
    few = await created(mock, ("a.zip", packed(**{"d/b.txt": b"x", "d/c.txt": b"x"})), ("e.txt", b"x"))
    many = await created(mock, ("m.zip", packed(**{f"d/{number}.txt": b"x" for number in range(300)})))

    assert sorted(await attached(mock, few)) == ["uploads/d/b.txt", "uploads/d/c.txt", "uploads/e.txt"]
    assert len(await attached(mock, many)) == 200
