"""A multipart body to disk: within its limits, in constant memory, nothing left when refused (G-25..35)."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.storage.uploads import Received, Reception
from tests.fakes.archives import GOOD, HOSTILE, Item, archive
from tests.fakes.parts import FakePart, InterruptedPart, ZeroPart, file, stream, text

LIMITS = UploadLimits()
MIB = 1024 * 1024
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
async def staging(tmp_path):
    staging = Staging(tmp_path / "staging", lambda _: None)
    await staging.empty()
    return staging


@pytest.fixture
def workspace(tmp_path):
    workspace = tmp_path / "workspaces" / "task"
    workspace.mkdir(parents=True)
    return workspace


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


async def test_files_and_fields_arrive(staging, workspace):
    parts = [text("message", "Grüße"), file("a.csv", b"a"), text("autoExecute", "false"), file("b.txt", b"b")]
    received = await receive(staging, parts)
    assert received.fields == (("message", "Grüße"), ("autoExecute", "false"))
    assert received.upload.files == [("a.csv", "uploads/a.csv"), ("b.txt", "uploads/b.txt")]
    assert contents(workspace) == {}
    await received.upload.commit(workspace)
    assert contents(workspace) == {"uploads/a.csv": b"a", "uploads/b.txt": b"b"}
    await received.upload.discard()
    assert contents(workspace) == {"uploads/a.csv": b"a", "uploads/b.txt": b"b"}


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


async def test_discarding_leaves_nothing(staging, workspace):
    received = await Reception(staging, LIMITS).receive(
        stream([file("a.csv"), file("x.zip", GOOD["folder.zip"]())])
    )
    await received.upload.discard()
    await received.upload.discard()
    assert list(staging.root.iterdir()) == []
    assert list(workspace.iterdir()) == []


async def test_a_file_without_a_byte_is_a_file(staging, workspace):
    assert await commit(staging, workspace, file("empty.txt", b"")) == [("empty.txt", "uploads/empty.txt")]
    assert contents(workspace) == {"uploads/empty.txt": b""}


async def test_the_same_name_twice_gets_a_number(staging, workspace):
    files = await commit(
        staging, workspace, file("a.csv", b"1"), file("a.csv", b"2"), file("dir/a.csv", b"3")
    )
    assert [path for _, path in files] == ["uploads/a.csv", "uploads/a (1).csv", "uploads/a (2).csv"]
    assert contents(workspace) == {
        "uploads/a.csv": b"1",
        "uploads/a (1).csv": b"2",
        "uploads/a (2).csv": b"3",
    }


async def test_a_follow_up_tells_the_name_it_really_got(staging, workspace):
    await commit(staging, workspace, file("a.csv", b"1"), file("x.zip", GOOD["folder.zip"]()))
    files = await commit(staging, workspace, file("a.csv", b"2"), file("x.zip", GOOD["folder.zip"]()))
    assert files == [
        ("a (1).csv", "uploads/a (1).csv"),
        ("run.sh", "uploads/project (1)/run.sh"),
        ("main.py", "uploads/project (1)/src/main.py"),
    ]
    assert contents(workspace)["uploads/a.csv"] == b"1"
    assert contents(workspace)["uploads/a (1).csv"] == b"2"


@pytest.mark.parametrize(
    ("filename", "sample", "paths"),
    [
        ("x.zip", "loose.zip", ["uploads/x/a.csv", "uploads/x/docs/b.txt"]),
        ("x.zip", "folder.zip", ["uploads/project/run.sh", "uploads/project/src/main.py"]),
        ("data.bin", "loose.zip", ["uploads/data.bin/a.csv", "uploads/data.bin/docs/b.txt"]),
        ("x.zip", "nested.zip", ["uploads/x/hello.txt", "uploads/x/inner.zip"]),
        ("nothing.zip", "empty.zip", ["uploads/nothing"]),
        ("report.docx", "report.docx", ["uploads/report.docx"]),
        ("x.zip", "report.docx", ["uploads/x/[Content_Types].xml", "uploads/x/word/document.xml"]),
    ],
)
async def test_an_archive_becomes_its_entries(staging, workspace, filename, sample, paths):
    files = await commit(staging, workspace, file(filename, GOOD[sample]()))
    assert files == [(path.rpartition("/")[2], path) for path in paths]
    assert all((workspace / path).exists() for path in paths)
    assert not (workspace / "uploads" / "x.zip").exists()


async def test_an_extracted_archive_takes_no_more_room(staging):
    received = await receive(staging, [file("x.zip", GOOD["loose.zip"]())])
    (area,) = staging.root.iterdir()
    assert sorted(contents(area)) == ["uploads/x/a.csv", "uploads/x/docs/b.txt"]
    await received.upload.discard()


async def test_what_only_claims_to_be_an_archive_stays_a_file(staging, workspace):
    part = FakePart(b"not a zip", filename="x.zip", content_type="application/zip")
    assert await commit(staging, workspace, part) == [("x.zip", "uploads/x.zip")]


async def test_at_most_two_hundred_files_are_listed_and_all_are_there(staging, workspace):
    many = archive(*(Item(name=f"d/{number:04}.txt", data=b"x") for number in range(500)))
    files = await commit(staging, workspace, file("many.zip", many), file("a.csv", b"1"))
    assert len(files) == 200
    assert files[0] == ("0000.txt", "uploads/d/0000.txt")
    assert files[-1] == ("a.csv", "uploads/a.csv")
    assert len(contents(workspace)) == 501


@pytest.mark.parametrize("name", HOSTILE)
async def test_one_hostile_archive_refuses_the_whole_request(staging, name):
    refused = await refusal(
        staging, text("message", "x"), file("a.csv"), file("evil.zip", HOSTILE[name]()), file("b.csv")
    )
    assert refused.code == ErrorCode.INVALID_ARCHIVE
    assert refused.message.startswith("The ZIP archive 'evil.zip' was refused: ")
    assert str(staging.root.parent) not in refused.message
    assert refused.message.isprintable()


async def test_the_twenty_first_file_is_refused_by_its_header(staging):
    last = file("21.txt")
    refused = await refusal(staging, *(file(f"{number}.txt") for number in range(20)), last)
    assert (refused.code, refused.status) == (ErrorCode.TOO_MANY_FILES, 400)
    assert last.bytes_read == 0


async def test_twenty_files_are_taken(staging, workspace):
    assert len(await commit(staging, workspace, *(file(f"{number}.txt") for number in range(20)))) == 20


async def test_fifty_mebibytes_are_taken_and_a_byte_more_is_refused_at_once(staging, workspace):
    assert await commit(staging, workspace, ZeroPart(50 * MIB, "a.bin")) == [("a.bin", "uploads/a.bin")]
    assert (workspace / "uploads" / "a.bin").stat().st_size == 52_428_800
    part = ZeroPart(60 * MIB, "b.bin")
    refused = await refusal(staging, file("first.txt"), part)
    assert (refused.code, refused.status) == (ErrorCode.FILE_TOO_LARGE, 413)
    assert part.bytes_read <= 50 * MIB + 256 * 1024
    assert (await refusal(staging, ZeroPart(50 * MIB + 1, "b.bin"))).code == ErrorCode.FILE_TOO_LARGE


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


async def test_a_broken_connection_leaves_nothing(staging):
    async def broken() -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await receive(staging, [file("a.csv"), InterruptedPart(broken)])
    assert list(staging.root.iterdir()) == []


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


FULL_UPLOAD = """
import asyncio, resource, sys
from pathlib import Path
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.mock_server.storage.staging import Staging
from sigmic_conformance.mock_server.storage.uploads import Reception
from tests.fakes.parts import ZeroPart, stream

async def main(root):
    staging = Staging(root / "staging", lambda _: None)
    await staging.empty()
    workspace = root / "workspace"
    workspace.mkdir()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    parts = [ZeroPart(50 << 20, f"{number}.bin") for number in range(5)]
    received = await Reception(staging, UploadLimits()).receive(stream(parts))
    await received.upload.commit(workspace)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(after - before, sum(path.stat().st_size for path in (workspace / "uploads").iterdir()))

asyncio.run(main(Path(sys.argv[1])))
"""


def test_250_mebibytes_pass_through_a_few_of_memory(tmp_path):
    """In a process of its own: the high-water mark of this one is somebody else's."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL_UPLOAD, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=REPOSITORY,
        check=False,
    )
    assert ran.stderr == ""
    grown, stored = map(int, ran.stdout.split())
    assert stored == 5 * 52_428_800
    assert grown < 64 * 1024  # KiB
