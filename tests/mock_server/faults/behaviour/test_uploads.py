"""Uploads received as armed faults want it, and honestly by the same classes when none can fire."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.faults.behaviour.archives import ABOVE, ThreadAsker
from sigmic_conformance.mock_server.faults.behaviour.uploads import (
    FaultyLimits,
    FaultyReception,
    limits_matter,
    make_room,
    spill,
)
from sigmic_conformance.mock_server.storage.file_work import in_thread
from sigmic_conformance.mock_server.storage.staging import Staging, Stored
from sigmic_conformance.mock_server.storage.uploads import Received
from tests.fakes.archives import GOOD, HOSTILE
from tests.fakes.armed import asker
from tests.fakes.parts import FakePart, file, stream, text

LIMITS = UploadLimits(files=3, file_bytes=1000)


class Uploads:
    """A place for uploads, and what was done of those that were refused."""

    def __init__(self, folder: Path) -> None:
        self.staging = Staging(folder / "data" / "staging", lambda path: None)
        self.workspace = folder / "data" / "workspaces" / "task"
        self.half_done: list[tuple[str, Mapping[str, str]]] = []

    def reception(self, *ids: str, operation: str = "create_task") -> FaultyReception:
        ask = asker(*ids, operation=operation)
        changes = ask.parameters("upload.limits") or {}
        return FaultyReception(self.staging, LIMITS, ask, self._half_do, changes=changes)

    async def _half_do(self, leaves: str, received: Received) -> None:
        self.half_done.append((leaves, dict(received.fields)))
        if leaves == "files":
            await received.upload.commit(self.workspace)

    async def commit(self, reception: FaultyReception, *parts: FakePart) -> dict[str, bytes]:
        """Receive and commit; return what the workspace then holds."""
        received = await reception.receive(stream(parts))
        await received.upload.commit(self.workspace)
        assert self.left == []
        return contents(self.workspace)

    @property
    def left(self) -> list[Path]:
        return list(self.staging.root.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
async def uploads(tmp_path: Path) -> Uploads:
    uploads = Uploads(tmp_path)
    await uploads.staging.empty()
    uploads.workspace.mkdir(parents=True)
    return uploads


async def test_with_nothing_armed_an_upload_is_received_as_ever(uploads: Uploads):
    parts = [text("message", "hello"), file("a.txt", b"1"), file("x.zip", GOOD["loose.zip"]())]

    assert set(await uploads.commit(uploads.reception(), *parts)) == {
        "uploads/a.txt",
        "uploads/x/a.csv",
        "uploads/x/docs/b.txt",
    }


async def test_a_name_that_climbs_is_kept_above_the_uploads(uploads: Uploads):
    reception = uploads.reception("upload.outside-folder")

    found = await uploads.commit(reception, file("a.txt", b"1"), file("../b.txt", b"2"))

    assert found == {"uploads/a.txt": b"1", "b.txt": b"2"}


async def test_an_archive_that_climbs_out_lands_above_the_uploads_and_no_further(uploads: Uploads):
    archive = HOSTILE["slip.zip"]()

    found = await uploads.commit(uploads.reception("zip.entry-climbs-out"), file("x.zip", archive))

    assert any(not path.startswith("uploads/") for path in found)
    assert {path.name for path in uploads.workspace.parent.parent.iterdir()} <= {"staging", "workspaces"}


async def test_what_stands_in_the_way_is_replaced_by_a_follow_up(uploads: Uploads):
    await uploads.commit(uploads.reception(), file("a.txt", b"old"), file("b.txt", b"kept"))

    found = await uploads.commit(uploads.reception("upload.replaces"), file("a.txt", b"new"))

    assert found == {"uploads/a.txt": b"new", "uploads/b.txt": b"kept"}


@pytest.mark.parametrize(
    ("fault", "code", "leaves"),
    [
        ("upload.refused-creation-made", "FILE_TOO_LARGE", "task"),
        ("upload.too-large-follow-up-saved", "FILE_TOO_LARGE", "message"),
        ("upload.refused-files-kept", "FILE_TOO_LARGE", "files"),
    ],
)
async def test_a_refused_upload_is_half_done_and_leaves_nothing_in_staging(
    uploads: Uploads, fault: str, code: str, leaves: str
):
    operation = "create_task" if leaves == "task" else "send_message"
    parts = [text("message", "hello"), file("a.txt", b"1"), file("b.txt", bytes(1001))]

    with pytest.raises(ApiError) as refused:
        await uploads.reception(fault, operation=operation).receive(stream(parts))

    assert refused.value.code == code
    assert uploads.half_done == [(leaves, {"message": "hello"})]
    assert uploads.left == []
    assert ("uploads/a.txt" in contents(uploads.workspace)) == (leaves == "files")


async def test_a_refused_upload_leaves_nothing_when_no_fault_wants_it(uploads: Uploads):
    with pytest.raises(ApiError) as refused:
        await uploads.reception().receive(stream([file("a.txt", bytes(1001))]))

    assert refused.value.code == ErrorCode.FILE_TOO_LARGE
    assert (uploads.half_done, uploads.left) == ([], [])


def test_limits_are_changed_one_by_one():
    assert FaultyLimits.changed(LIMITS, {"exclusive": True}).most_bytes("a") == 999
    exempt = FaultyLimits.changed(LIMITS, {"archive_bytes": 5000})
    assert (exempt.most_bytes("a.ZIP"), exempt.most_bytes("a")) == (5000, 1000)
    one = FaultyLimits.changed(LIMITS, {"together": 1})
    assert LIMITS.total_bytes - one.total_bytes == 2 * LIMITS.file_bytes
    assert FaultyLimits.changed(LIMITS, {}).total_bytes == LIMITS.total_bytes


@pytest.fixture
def area(tmp_path: Path) -> Path:
    area = tmp_path / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    return area


async def room_made(area: Path, uploads: Path) -> None:
    ask = ThreadAsker(asker("upload.replaces"))
    await in_thread(lambda _: make_room(ask, area / "uploads", uploads))


async def test_only_what_stands_in_the_way_and_is_of_the_kind_is_taken_away(area: Path, tmp_path: Path):
    uploads = tmp_path / "workspace" / "uploads"
    for folder in (area / "uploads", uploads):
        (folder / "pack").mkdir(parents=True)
        (folder / "a.txt").write_text("a")
    (uploads / "other.txt").write_text("b")

    await room_made(area, uploads)

    assert {path.name for path in uploads.iterdir()} == {"pack", "other.txt"}
    assert (area / "replaced" / "a.txt").read_text() == "a"


async def test_no_room_is_made_behind_a_link(area: Path, tmp_path: Path):
    (area / "uploads" / "a.txt").write_text("new")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("mine")
    (tmp_path / "uploads").symlink_to(elsewhere)

    await room_made(area, tmp_path / "uploads")

    assert (elsewhere / "a.txt").read_text() == "mine"


def test_what_is_spilled_replaces_nothing(area: Path, tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "kept.txt").write_text("mine")
    (area / ABOVE).mkdir()
    for name in ("kept.txt", "new.txt"):
        (area / ABOVE / name).write_text("theirs")

    spill(area, workspace)

    assert (workspace / "kept.txt").read_text() == "mine"
    assert (workspace / "new.txt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("changes", "matters", "not_so"),
    [
        ({"files": 1}, [b"a", b"b"], [b"a"]),
        ({"file_bytes": 4}, [b"hello"], [b"four"]),
        ({"exclusive": True}, [b"x" * 1000], [b"x" * 999]),
        ({"together": 1}, [b"x" * 600, b"x" * 600], [b"x" * 600]),
        ({"extract": False}, [GOOD["loose.zip"]()], [b"PK"]),
        ({"listed": 1}, [GOOD["loose.zip"]()], [b"a"]),
    ],
)
def test_other_limits_matter_to_what_they_would_have_received_otherwise(
    tmp_path: Path, changes: Mapping[str, int], matters: list[bytes], not_so: list[bytes]
):
    def stored(contents: list[bytes]) -> list[Stored]:
        paths = [tmp_path / f"{number}-{len(content)}" for number, content in enumerate(contents)]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return [Stored(path=path, name=path.name, content_type=None) for path in paths]

    assert limits_matter(changes, LIMITS, stored(matters), None)
    assert not limits_matter(changes, LIMITS, stored(not_so), None)


def test_higher_limits_matter_to_what_was_refused_for_the_lower_ones():
    refusals = [ErrorCode.TOO_MANY_FILES, ErrorCode.FILE_TOO_LARGE, ErrorCode.VALIDATION_ERROR]

    def gone(name: str) -> list[Stored]:
        return [Stored(path=Path("gone"), name=name, content_type=None)]

    matter = [
        [limits_matter(changes, LIMITS, gone(name), refused) for refused in refusals]
        for changes, name in (
            ({"files": 4}, "a.txt"),
            ({"file_bytes": 2000}, "a.txt"),
            ({"archive_bytes": 2000}, "a.zip"),
            ({"archive_bytes": 2000}, "a.txt"),
        )
    ]

    large = [False, True, False]
    assert matter == [[True, False, False], large, large, [False, False, False]]
