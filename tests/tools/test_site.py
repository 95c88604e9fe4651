"""The site of the documentation. The environment `docs` runs these tests, because it has MkDocs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="MkDocs is in the environment `docs`")

ROOT = Path(__file__).parents[2]
BROKEN = """
[no page](guides/none-such.md) [no anchor](guides/install.md#none-such) [no file](../spec/none-such.yaml)
"""


def arguments(site: Path) -> list[str]:
    """Return the arguments with which tox.ini builds the site."""
    lines = (ROOT / "tox.ini").read_text().splitlines()
    (line,) = (line for line in lines if line.strip().startswith("python -m mkdocs build "))
    return [str(site) if word.startswith("{posargs") else word for word in line.split()][1:]


def build(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the site of a copy of the documents as tox does, after `mkdocs.yml` in the folder."""
    (folder / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: [{ROOT / 'tools' / 'site.py'}]\n"
    )
    return subprocess.run(
        [sys.executable, *arguments(folder / "site"), "--config-file", str(folder / "mkdocs.yml")],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_broken_link_and_a_page_without_an_entry_fail_the_build_of_the_site(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(BROKEN)
    (tmp_path / "docs" / "guides" / "unlisted.md").write_text("# Unlisted\n")

    built = build(tmp_path)

    assert built.returncode == 1
    assert "Aborted with 4 warnings in strict mode" in built.stdout + built.stderr
    for link in ("guides/none-such.md", "guides/install.md#none-such", "../spec/none-such.yaml"):
        assert link in built.stderr
    assert "guides/unlisted.md" in built.stderr


def test_a_link_that_leaves_the_documents_has_a_target_on_the_site(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", docs)
    with (docs / "index.md").open("a") as page:
        page.write(
            "\n[row](../spec/requirements#BEAT-004) [file](../examples/ci/gitlab.yml) [tree](../examples)\n"
        )

    built = build(tmp_path, SITE_URL="https://docs.example/")

    assert built.returncode == 0, built.stderr
    start = (tmp_path / "site" / "index.html").read_text()
    assert 'href="reference/requirements/beat/#BEAT-004">row' in start
    assert 'href="files/examples/ci/gitlab.yml.txt">file' in start
    assert (tmp_path / "site/files/examples/ci/gitlab.yml.txt").read_text().startswith("# GitLab")
    assert "</a> tree" in start
    assert '<meta property="og:image" content="https://docs.example/images/chat.png">' in start


def test_with_a_code_host_a_page_can_be_edited_and_a_file_is_shown_there(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")

    built = build(tmp_path, REPO_URL="https://code.example/o/r")

    assert built.returncode == 0, built.stderr
    guide = (tmp_path / "site" / "guides" / "ci" / "index.html").read_text()
    assert 'href="https://code.example/o/r/edit/main/docs/guides/ci.md"' in guide
    assert 'href="https://code.example/o/r/blob/HEAD/examples/ci/gitlab.yml"' in guide
