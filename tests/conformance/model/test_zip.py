"""Invariants of ZIP: the files of an archive are in the workspace, with their directories and bytes."""

import io
import zipfile
from typing import Any

import pytest

from sigmic_conformance.conformance.model.workspace import READS_UPLOADS
from sigmic_conformance.conformance.transcript.sent_file import SentFile
from tests.conformance.kit import call, result
from tests.conformance.traffic import DONE, Traffic, agent, user

HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")


def packed(**entries: bytes) -> SentFile:
    """An archive of these files; a double underscore in a name is a slash."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("__", "/"), content)
    return SentFile.of("bundle.zip", kept.getvalue())


FLAT, NESTED = packed(readme=b"read"), packed(d__a=b"one", e__a=b"three")


def entry(path: str, size: int) -> dict[str, Any]:
    return {"name": path.rpartition("/")[2], "path": path, "size": size}


def extracted(archive: SentFile, *listed: tuple[str, int], follow_up: bool = False) -> Traffic:
    traffic = Traffic()
    if follow_up:
        traffic.create("Hi")
        traffic.stream(DONE, shown=[HI])
        traffic.say_form(archive)
        traffic.stream(DONE, shown=[HI, FOUR, MORE])
    else:
        traffic.create_form(archive)
        traffic.stream(DONE, shown=[HI])
    traffic.files(*(entry(path, size) for path, size in listed))
    return traffic


@pytest.mark.parametrize(
    ("listed", "reasons"),
    [
        ([("uploads/readme", 4)], set()),
        ([("uploads/bundle/readme", 4)], set()),
        ([("uploads/readme (1)", 4)], set()),
        ([("uploads/readmes", 4)], {"structure-lost"}),
        ([("uploads/bundle.zip", 99)], {"structure-lost"}),
        ([("uploads/readme", 0)], {"structure-lost"}),
    ],
)
def test_an_archive_is_extracted(listed: list, reasons: set[str]):
    assert extracted(FLAT, *listed).reasons("ZIP-001") == reasons
    for row in ("ZIP-001", "ZIP-003"):
        assert extracted(FLAT, *listed, follow_up=True).reasons(row) == reasons


@pytest.mark.parametrize("later", [packed(readme=b"another"), SentFile.of("readme", b"another")])
@pytest.mark.parametrize("sizes", [[7], [4, 7], [4]])
def test_a_file_of_an_archive_may_be_replaced_by_a_later_one_of_its_name(later: SentFile, sizes: list[int]):
    traffic = extracted(FLAT, ("uploads/readme", 4))
    traffic.say_form(later)
    traffic.stream(DONE, shown=[HI, FOUR, MORE])
    paths = ["uploads/readme", "uploads/readme (1)"]
    traffic.files(*(entry(path, size) for path, size in zip(paths, sizes, strict=False)))

    lost = later.entries is not None and 7 not in sizes
    assert traffic.reasons("ZIP-001") == ({"structure-lost"} if lost else set())


def test_what_is_beside_a_strange_name_is_extracted_too_unless_it_leads_away():
    strange, away = (packed(**{"readme": b"read", name: b"x"}) for name in ("größe.txt", "../up.txt"))

    assert extracted(strange).reasons("ZIP-001") == {"structure-lost"}
    assert not extracted(away).row("ZIP-001").spoke


@pytest.mark.parametrize(
    ("listed", "reasons"),
    [
        ([("uploads/d/a", 3), ("uploads/e/a", 5)], set()),
        ([("uploads/d (1)/a", 3), ("uploads/e_2/a", 5)], set()),
        ([("uploads/a", 3)], {"structure-lost"}),
    ],
)
def test_directories_are_kept(listed: list, reasons: set[str]):
    for follow_up in (False, True):
        assert extracted(NESTED, *listed, follow_up=follow_up).reasons("ZIP-002") == reasons


@pytest.mark.parametrize(("content", "reasons"), [(b"one", set()), (b"three", {"structure-lost"})])
def test_an_entry_downloads_as_packed(content: bytes, reasons: set[str]):
    traffic = extracted(NESTED, ("uploads/d/a", 3), ("uploads/e/a", 5))
    traffic.download("uploads/d/a", content)

    assert traffic.reasons("ZIP-001") == reasons


def test_what_a_file_is_kept_of():
    assert SentFile.of("a.txt", b"x").entries is None
    assert [each.name for each in NESTED.entries or ()] == ["d/a", "e/a"]
    assert SentFile.of("cut.zip", b"PK\x03\x04 cut").entries == ()
    assert SentFile.restored(NESTED.members()) == NESTED


def test_of_an_archive_with_a_link_nothing_is_expected():
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert SentFile.of("link.zip", kept.getvalue()).entries == ()


@pytest.mark.parametrize(("content", "reasons"), [(b"read", set()), (b"", {"not-readable"})])
def test_a_command_reads_an_entry_as_it_was_packed(content: bytes, reasons: set[str]):
    traffic = extracted(FLAT, ("uploads/bundle/readme", 4))
    traffic.say("More")
    told = f"{SentFile.of('readme', content).sha256}  uploads/bundle/readme"
    command = call("c", args={"command": READS_UPLOADS})
    traffic.stream(command, result("c", told), DONE, shown=[HI, FOUR, MORE])

    assert traffic.reasons("FOLLOWUP-011") == reasons
