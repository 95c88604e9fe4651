"""Which parts of an upload the effects leave unchanged, and which limits apply to the received files."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.faults.effects.archives import ABOVE
from sigmic_mock.faults.effects.uploads import _make_room, _spill, limits_matter
from sigmic_mock.storage.file_work import in_thread
from sigmic_mock.storage.staging import Stored
from tests.fakes.archives import GOOD
from tests.fakes.armed import fault_here

LIMITS = UploadLimits(files=3, file_bytes=1000)


@pytest.fixture
def area(tmp_path: Path) -> Path:
    area = tmp_path / "staging" / "one"
    (area / "uploads").mkdir(parents=True)
    return area


async def room_made(area: Path, uploads: Path) -> None:
    fault = fault_here("upload.replaces", "upload.replaces")
    await in_thread(lambda _: _make_room(fault, area / "uploads", uploads))


async def test_no_room_is_made_behind_a_link(area: Path, tmp_path: Path):
    (area / "uploads" / "a.txt").write_text("new")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.txt").write_text("mine")
    (tmp_path / "uploads").symlink_to(elsewhere)

    await room_made(area, tmp_path / "uploads")

    assert (elsewhere / "a.txt").read_text() == "mine"


def test_spilled_files_replace_no_existing_file(area: Path, tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "kept.txt").write_text("mine")
    (area / ABOVE).mkdir()
    for name in ("kept.txt", "new.txt"):
        (area / ABOVE / name).write_text("theirs")

    _spill([], area, workspace)

    assert (workspace / "kept.txt").read_text() == "mine"
    assert (workspace / "new.txt").read_text() == "theirs"


@pytest.mark.parametrize(
    ("changes", "matters", "not_so"),
    [
        ({"files": 1}, [b"a", b"b"], [b"a"]),
        ({"file_bytes": 4}, [b"hello"], [b"four"]),
        ({"together": 1}, [b"x" * 600, b"x" * 600], [b"x" * 600]),
        ({"extract": False}, [GOOD["loose.zip"]()], [b"PK"]),
    ],
)
def test_other_limits_matter_only_to_uploads_that_they_would_change(
    tmp_path: Path, changes: Mapping[str, int], matters: list[bytes], not_so: list[bytes]
):
    def stored(contents: list[bytes]) -> list[Stored]:
        paths = [tmp_path / f"{number}-{len(content)}" for number, content in enumerate(contents)]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        return [Stored(path=path, name=path.name, content_type=None) for path in paths]

    assert limits_matter(changes, LIMITS, stored(matters), None)
    assert not limits_matter(changes, LIMITS, stored(not_so), None)


def test_a_higher_limit_matters_only_to_uploads_that_the_lower_one_refused():
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
