"""The tutorial works: every file and command of its page, in order, and each line that it shows as output."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-client.md"
BLOCK = re.compile(r'^```(\w+)(?: title="(\S+?)(?:, ([^"]+))?")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
ASK = re.compile(r"^    def ask\(.*?(?=^    def )", re.MULTILINE | re.DOTALL)


def save(file: Path, part: str, text: str) -> None:
    """Do with a block of Python what the page says: save it, add it at the end, or replace a method."""
    match part:
        case "":
            file.write_text(text)
        case "further down":
            file.write_text(file.read_text() + text)
        case _:
            changed, times = ASK.subn(lambda _: text + "\n", file.read_text())
            assert times == 1
            file.write_text(changed.replace("import sys\n", "import sys\nimport time\n"))


def type_in(folder: Path, session: str) -> None:
    """Run a command as a reader does, and compare its output with the lines that the page shows."""
    command, *shown = session.removeprefix("$ ").splitlines()
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=folder,
        # Without a plugin of pytest that takes longer to load than the tests.
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTEST_ADDOPTS": "-p no:schemathesis",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = done.stdout + done.stderr
    assert [line for line in shown if line not in output] == [], output
    assert done.returncode == int(any("FAILED" in line for line in shown)), output


@pytest.mark.timeout(600)
def test_every_step_has_the_result_that_the_page_shows(tmp_path: Path):
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    for kind, file, part, text in blocks:
        if kind == "python":
            save(tmp_path / file, part, text)
        elif kind == "console":
            type_in(tmp_path, text)

    assert [kind for kind, *_ in blocks] == ["sh", *["python", "console"] * 4, *["console"] * 3]
