"""A multipart body to disk: within limits, in constant memory, nothing left after a refusal (G-25..35)."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_mock.storage.staging import Staging
from sigmic_mock.storage.uploads import Received, Reception
from tests.fakes.archives import GOOD, HOSTILE, Item, archive
from tests.fakes.parts import FakePart, InterruptedPart, file, stream, text

LIMITS = UploadLimits()
MIB = 1024 * 1024


@pytest.fixture
async def staging(tmp_path):
    staging = Staging(tmp_path / "staging", lambda _: None)
    await staging.empty()
    return staging


async def receive(staging: Staging, parts: Sequence[FakePart]) -> Received:
    return await Reception(staging, LIMITS).receive(stream(parts))


async def commit(staging: Staging, workspace: Path, *parts: FakePart) -> Sequence[tuple[str, str]]:
    received = await receive(staging, parts)
    await received.upload.commit(workspace)
    assert list(staging.root.iterdir()) == []
    return received.upload.files


async def refusal(staging: Staging, *parts: FakePart) -> ApiError:
    with pytest.raises(ApiError) as raised:
        await receive(staging, parts)
    assert list(staging.root.iterdir()) == []
    return raised.value


def contents(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


async def test_what_was_committed_for_a_message_can_be_taken_back_until_it_is_kept(staging, workspace):
    first = await receive(staging, [file("a.csv", b"1")])
    await first.upload.commit(workspace, 3)
    await first.upload.discard()
    assert contents(workspace) == {"uploads/a.csv": b"1"}
    await first.upload.take_back()
    assert contents(workspace) == {}

    second = await receive(staging, [file("a.csv", b"2")])
    await second.upload.commit(workspace, 3)
    await second.upload.keep()
    await second.upload.take_back()
    assert contents(workspace) == {"uploads/a.csv": b"2"}
    assert list(staging.root.iterdir()) == []


async def test_a_form_without_files_touches_no_disk(staging, workspace):
    received = await receive(staging, [text("message", "hi")])
    assert list(staging.root.iterdir()) == []
    assert received.upload.files == []
    await received.upload.commit(workspace)
    assert list(workspace.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE)
async def test_one_hostile_archive_refuses_the_whole_request(staging, name):
    refused = await refusal(
        staging, text("message", "x"), file("a.csv"), file("evil.zip", HOSTILE[name]()), file("b.csv")
    )
    assert refused.code == ErrorCode.INVALID_ARCHIVE
    assert refused.message.startswith("The ZIP archive 'evil.zip' was refused: ")
    assert str(staging.root.parent) not in refused.message
    assert refused.message.isprintable()


@pytest.mark.parametrize(
    ("part", "code", "mentions"),
    [
        (FakePart(b"x", name="file", filename="a.csv"), ErrorCode.VALIDATION_ERROR, "`files`"),
        (FakePart(b"x", name=None, filename="a.csv"), ErrorCode.VALIDATION_ERROR, "`files`"),
        (FakePart(b"x", name="message", filename="a.csv"), ErrorCode.VALIDATION_ERROR, "`files`"),
        (FakePart(b"x", name="files"), ErrorCode.VALIDATION_ERROR, "`files`"),
        (FakePart(b"x", name=None), ErrorCode.VALIDATION_ERROR, "name"),
        (FakePart(b"x", filename=""), ErrorCode.VALIDATION_ERROR, "no name"),
        (file(".."), ErrorCode.VALIDATION_ERROR, "climbs"),
        (file("../../etc/passwd"), ErrorCode.VALIDATION_ERROR, "climbs"),
        (file("a\0.csv"), ErrorCode.VALIDATION_ERROR, "control"),
        (file("x" * 256), ErrorCode.VALIDATION_ERROR, "255"),
        (text("message", b"\xff"), ErrorCode.VALIDATION_ERROR, "UTF-8"),
        (text("message", "x" * (MIB + 1)), ErrorCode.PAYLOAD_TOO_LARGE, "text"),
    ],
)
async def test_a_part_that_fits_nothing_is_refused(staging, part, code, mentions):
    refused = await refusal(staging, text("message", "x"), file("good.csv"), part)
    assert refused.code == code
    assert mentions in refused.message


async def test_the_number_of_fields_is_bounded(staging):
    assert (
        await refusal(staging, *(text(f"f{n}", "x") for n in range(33)))
    ).code == ErrorCode.VALIDATION_ERROR


async def test_a_browsers_file_field_without_a_choice_is_no_file(staging, workspace):
    assert await commit(staging, workspace, text("message", "x"), FakePart(filename="")) == []


async def test_a_cancelled_request_leaves_nothing(staging):
    waiting = asyncio.Event()

    async def hang() -> None:
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(receive(staging, [file("a.csv"), InterruptedPart(hang)]))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(staging.root.iterdir()) == []


async def test_cancelling_an_extraction_leaves_nothing(staging):
    extracting = asyncio.Event()
    loop = asyncio.get_running_loop()
    own = staging.own

    def tell(path) -> None:
        loop.call_soon_threadsafe(extracting.set)
        own(path)

    staging.own = tell
    many = archive(*(Item(name=f"d/{number}", data=b"x") for number in range(10_000)))
    task = asyncio.create_task(receive(staging, [file("many.zip", many)]))
    await extracting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(staging.root.iterdir()) == []


async def test_chunks_of_any_size_make_the_same_file(staging, workspace):
    content = GOOD["folder.zip"]()
    await commit(
        staging,
        workspace,
        FakePart(content, filename="x.zip", step=1),
        FakePart(b"abc", filename="a", step=1),
    )
    assert contents(workspace)["uploads/a"] == b"abc"
    assert "uploads/project/run.sh" in contents(workspace)


async def test_ownership_is_given_before_an_agent_can_reach_anything(tmp_path, workspace):
    owned: list[str] = []
    staging = Staging(
        tmp_path / "staging", lambda path: owned.append(str(path.relative_to(tmp_path / "staging")))
    )
    await staging.empty()
    await commit(staging, workspace, file("a.csv"), file("x.zip", GOOD["loose.zip"]()))
    assert [path.partition("/")[2] for path in owned] == [
        "uploads", "uploads/a.csv", "uploads/x", "uploads/x/docs", "uploads/x/a.csv", "uploads/x/docs/b.txt",
    ]  # fmt: skip
    assert (workspace / "uploads" / "a.csv").stat().st_mode & 0o777 == 0o644
