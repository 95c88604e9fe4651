"""The tutorial works: its client runs, loses an answer to a transient fault, and is corrected."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-client.md"
BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```$', re.MULTILINE | re.DOTALL)
BLOCKS = dict(BLOCK.findall(PAGE.read_text("utf-8")))
ASK = re.compile(r"^    def ask\(.*?(?=^    def )", re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The reader's folder after step 3."""
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tmp_path / "chat.py").write_text(BLOCKS["chat.py"])
    (tmp_path / "test_chat.py").write_text(BLOCKS["test_chat.py"])
    return tmp_path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a module in the reader's folder, without a plugin that takes longer to load than the tests."""
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=project,
        env=os.environ | {"PYTEST_ADDOPTS": "-p no:schemathesis"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_the_client_prints_the_answer(project: Path):
    client = (sys.executable, "chat.py", "What is the capital of France?")

    done = run(project, "sigmic_conformance.mock_server", "exec", "--", *client)

    assert (done.returncode, done.stdout) == (0, "The capital of France is Paris.\n"), done.stderr


def test_the_test_passes_then_a_transient_fault_breaks_it_and_the_mended_client_survives(project: Path):
    tests, client = project / "test_chat.py", project / "chat.py"
    assert "1 passed" in run(project, "pytest", "-q").stdout

    tests.write_text(tests.read_text() + BLOCKS["test_chat.py, further down"])
    assert "2 failed, 1 passed" in run(project, "pytest", "-q").stdout

    mended, times = ASK.subn(lambda _: BLOCKS["chat.py, ask"] + "\n", client.read_text())
    assert times == 1
    client.write_text(mended.replace("import sys\n", "import sys\nimport time\n"))
    done = run(project, "pytest", "-q")
    assert "3 passed" in done.stdout, done.stdout
