"""Every document works: its commands and blocks, in order, in an empty folder, with the output that it shows.

`documents.yaml` says what a reader of a document already has, and what cannot run here, with the reason.
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sigmic_spec import strict_yaml
from tests.e2e.terminal import Terminal
from tools.fences import ROOT, Block, blocks, documents

PLANS = strict_yaml.read(Path(__file__).with_name("documents.yaml").read_bytes())
REASONS: Mapping[str, str] = PLANS["reasons"]
UNNAMED = {
    (True, "python"): ("test_block_{}.py", "pytest -q ."),
    (False, "python"): ("block_{}.py", "python {name}"),
    (False, "js"): ("block_{}.mjs", "node {name}"),
    (False, "yaml"): ("shown/block_{}.yaml", "sigmic-mock playbooks validate shown"),
}
"""Where a block without a name is saved, and the command that runs it."""
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
METHOD = re.compile(r"^    def ask\(.*?(?=^    def )", re.MULTILINE | re.DOTALL)
MODULES = Path(os.environ.get("SIGMIC_NODE_MODULES", "/nonexistent"))


@dataclass
class Reader:
    """Does what a document says. `unused` are the lines of its plan that nothing used yet."""

    folder: Path
    plan: Mapping[str, Any]
    terminal: Terminal | None = None
    waiting: set[str] = field(default_factory=set)
    unused: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.unused = {key for part in ("leaves_out", "exits", "reads") for key in self.plan.get(part, ())}

    def follow(self, block: Block) -> None:
        if block.kind in {"sh", "console"}:
            for number, command in enumerate(block.commands, 1):
                self.run(command, block.shown if number == len(block.commands) else "", block)
        elif self.entry("leaves_out", block.text) is None:
            assert (False, block.kind) in UNNAMED, f"line {block.line}: no command right above prints this"
            self.save(block)

    def entry(self, part: str, text: str) -> Any:
        """Return the plan's value for the text that starts so, and remember that it was used."""
        key = max((each for each in self.plan.get(part, ()) if text.startswith(each)), key=len, default=None)
        self.unused -= {str(key)}
        return None if key is None else self.plan[part][key]

    def read(self, text: str) -> str:
        """Return a text with the plan's words in place of its placeholders."""
        for word, other in self.plan.get("reads", {}).items():
            if word in text:
                self.unused -= {word}
                text = text.replace(word, other)
        return text

    def run(self, command: str, shown: str, block: Block) -> None:
        if self.entry("leaves_out", command) is not None:
            return
        expected = self.entry("exits", command)
        command = self.read(command)
        if "pytest" in command:
            self.waiting.discard("pytest -q .")
        code, said = self.at().type(command)
        assert missing(shown, said, exactly=block.kind == "console") == [], said
        fails = "FAILED" in shown
        assert code == (int(fails) if expected is None else expected), f"{command}\n{said}"

    def at(self) -> Terminal:
        """Return the terminal; the first command starts it, and first types what the reader did before."""
        if self.terminal is None:
            self.terminal = Terminal(self.folder)
            for command in self.plan.get("before", ()):
                code, said = self.terminal.type(command)
                assert code == 0, f"{command}\n{said}"
        return self.terminal

    def save(self, block: Block) -> None:
        """Save a block as the document says. Without a name it is a test, a script or a playbook."""
        is_test = block.kind == "python" and "def test_" in block.text
        unnamed, command = UNNAMED[is_test, block.kind]
        name = block.file or unnamed.format(block.line)
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        match block.part:
            case "":
                head = f"name: b{block.line}\nwhen: {{message: b{block.line}}}\nsteps:\n"
                file.write_text(self.read(head * block.text.startswith("- ") + block.text))
            case "further down":
                file.write_text(file.read_text() + block.text)
            case _:
                changed, times = METHOD.subn(lambda _: block.text + "\n", file.read_text())
                assert times == 1
                file.write_text(changed.replace("import sys\n", "import sys\nimport time\n"))
        if is_test or not block.file:
            self.waiting.add(command.format(name=name))

    def finish(self) -> None:
        """Run the files that no command of the document ran."""
        for command in sorted(self.waiting):
            code, said = self.at().type(command)
            assert code == 0, f"{command}\n{said}"
        if self.terminal is not None:
            self.terminal.interrupt()


def missing(shown: str, said: str, *, exactly: bool) -> list[str]:
    """Return the lines that were not printed, in order. An … matches any text, a number any other."""
    left = said.splitlines()
    absent = []
    for line in filter(str.strip, shown.splitlines()):
        pattern = r"\s+".join(map(re.escape, line.split())).replace("…", ".*")
        if not exactly:
            pattern = NUMBER.sub(lambda _: NUMBER.pattern, pattern.replace(r"\.", "."))
        at = next((n for n, each in enumerate(left) if re.search(pattern, each)), None)
        if at is None:
            absent.append(line)
        else:
            left = left[at + 1 :]
    return absent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.mark.skipif(shutil.which("unshare") is None, reason="there are no network namespaces")
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] * (name in PLANS["nightly"]))
        for name in documents()
        if blocks(name)
    ],
)
def test_a_document_can_be_followed(name: str, folder: Path):
    plan = PLANS["documents"].get(name, {})
    if plan.get("needs_node") and (shutil.which("npm") is None or not MODULES.is_dir()):
        pytest.skip("SIGMIC_NODE_MODULES is not set: run this through tox -e e2e")
    if plan.get("needs_node"):
        (folder.parent / "node_modules").symlink_to(MODULES)
    for each in plan.get("clone", ()):
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).symlink_to(Path(sys.prefix) if each == ".venv" else ROOT / each)
    reader = Reader(folder, plan)
    try:
        for block in blocks(name):
            reader.follow(block)
        reader.finish()
    finally:
        if reader.terminal is not None:
            reader.terminal.close()

    assert reader.unused == set(), "documents.yaml: the document has nothing that starts so"


def test_every_plan_is_for_a_document_and_every_reason_is_stated():
    used = {reason for plan in PLANS["documents"].values() for reason in plan.get("leaves_out", {}).values()}

    assert set(PLANS["documents"]) <= {name for name in documents() if blocks(name)}
    assert used == set(REASONS)


@pytest.mark.parametrize(
    ("shown", "said", "exactly", "absent"),
    [
        ("3 passed", "x\n3 passed in 1 s", True, []),
        ("3 passed", "2 passed", True, ["3 passed"]),
        ("p50 22%", "p50  7.5%", False, []),
        ("a\nb", "b\na", True, ["b"]),
        ("id … ends", "id 7f ends", True, []),
    ],
)
def test_shown_output_is_compared(shown: str, said: str, exactly: bool, absent: list[str]):
    assert missing(shown, said, exactly=exactly) == absent
