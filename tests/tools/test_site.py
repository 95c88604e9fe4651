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
    (line,) = (line for line in lines if line.strip().startswith("mkdocs build "))
    return [str(site) if word.startswith("{posargs") else word for word in line.split()]


def test_a_broken_link_fails_the_build_of_the_site(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    with (tmp_path / "docs" / "index.md").open("a") as page:
        page.write(BROKEN)
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nhooks: [{ROOT / 'tools' / 'site.py'}]\n"
    )

    built = subprocess.run(
        [sys.executable, "-m", *arguments(tmp_path / "site")],
        cwd=tmp_path,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert built.returncode == 1
    assert "Aborted with 3 warnings in strict mode" in built.stdout + built.stderr
    for link in ("guides/none-such.md", "guides/install.md#none-such", "../spec/none-such.yaml"):
        assert link in built.stderr
