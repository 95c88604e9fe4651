"""Archives made by Info-ZIP are extracted as they were; what we make, Info-ZIP reads."""

import subprocess
from pathlib import Path

import pytest
import requests

from tests.e2e.process import MockProcess

SAMPLES = Path(__file__).parents[2] / "fixtures" / "uploads"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "src" / "deep" / "main.py").write_text("print('hello')\n")
    (root / "data 1.csv").write_text("a,b\n1,2\n")
    (root / "ünïcode.txt").write_text("ü")
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o755)
    return root


def artifacts(mock: MockProcess, archive: Path) -> dict[str, int]:
    created = requests.post(
        f"{mock.url}/api/v1/tasks",
        headers=mock.headers,
        data={"message": "List the files"},
        files=[("files", (archive.name, archive.read_bytes(), "application/zip"))],
        timeout=30,
    )
    assert created.status_code == 201, created.text
    listing = requests.get(
        f"{mock.url}/api/v1/tasks/{created.json()['data']['id']}/artifacts", headers=mock.headers, timeout=10
    )
    return {file["path"]: file["size"] for file in listing.json()["data"]["files"]}


@pytest.mark.parametrize("flags", [["-r"], ["-r", "-0"], ["-r", "-9", "-X"], ["-r", "-Z", "bzip2"]])
def test_a_folder_zipped_by_info_zip_keeps_its_structure(mock: MockProcess, folder: Path, flags: list[str]):
    archive = folder.parent / "bundle.zip"
    subprocess.run(["zip", "-q", *flags, str(archive), "project"], cwd=folder.parent, check=True, timeout=30)

    files = artifacts(mock, archive)

    assert files == {
        f"uploads/{path.relative_to(folder.parent)}": path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_loose_entries_go_into_a_folder_named_after_the_archive(mock: MockProcess, folder: Path):
    archive = folder.parent / "loose.zip"
    subprocess.run(["zip", "-q", "-r", str(archive), "."], cwd=folder, check=True, timeout=30)

    files = artifacts(mock, archive)

    assert set(files) == {
        f"uploads/loose/{path.relative_to(folder)}" for path in folder.rglob("*") if path.is_file()
    }


def test_an_archive_streamed_through_a_pipe_is_read_too(mock: MockProcess, folder: Path):
    archive = folder.parent / "streamed.zip"
    archive.write_bytes(
        subprocess.run(
            ["zip", "-q", "-r", "-", "project"],
            cwd=folder.parent,
            check=True,
            timeout=30,
            capture_output=True,
        ).stdout
    )

    assert "uploads/project/src/deep/main.py" in artifacts(mock, archive)


def test_a_password_protected_archive_is_refused_whole(mock: MockProcess, folder: Path):
    archive = folder.parent / "locked.zip"
    subprocess.run(
        ["zip", "-q", "-r", "-P", "hunter2", str(archive), "project"],
        cwd=folder.parent,
        check=True,
        timeout=30,
    )

    refused = requests.post(
        f"{mock.url}/api/v1/tasks",
        headers=mock.headers,
        data={"message": "List the files"},
        files=[("files", (archive.name, archive.read_bytes(), "application/zip"))],
        timeout=30,
    )

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_ARCHIVE")


def test_symbolic_links_stored_by_info_zip_are_refused(mock: MockProcess, folder: Path):
    (folder / "out").symlink_to("/etc/passwd")
    archive = folder.parent / "links.zip"
    subprocess.run(
        ["zip", "-q", "-r", "-y", str(archive), "project"], cwd=folder.parent, check=True, timeout=30
    )

    refused = requests.post(
        f"{mock.url}/api/v1/tasks",
        headers=mock.headers,
        data={"message": "List the files"},
        files=[("files", (archive.name, archive.read_bytes(), "application/zip"))],
        timeout=30,
    )

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "INVALID_ARCHIVE")
