"""Reads the documents of this repository as their readers do: block after block, command after command."""

import re
from dataclasses import dataclass
from pathlib import Path

from tools.tracked import tracked

ROOT = Path(__file__).parents[1]
_FENCE = re.compile(
    r'^(?P<indent> *)```(?P<kind>\w*)(?: title="(?P<title>\S+?)(?:, (?P<part>[^"]+))?")?\n'
    r"(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
_NAME = re.compile(r"(?:#|//) ([\w.-]+\.(?:py|mjs|yaml))\n")
"""A first line that names the file in which the block is saved."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. `file` is where a reader saves it, `shown` the block of output right below it."""

    line: int
    kind: str
    text: str
    file: str
    part: str
    shown: str

    @property
    def commands(self) -> list[str]:
        """The commands of a block of shell, each with its continued lines; a `$` marks one in a session."""
        lines = _joined(self.text).splitlines()
        if self.kind == "console":
            return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _joined(text: str) -> str:
    """Return the text with each continued line of a command joined to the line before."""
    return re.sub(r"\\\n\s*", "", text)


def documents() -> list[str]:
    """Return the paths of all documents that are for readers of this version."""
    return [
        name
        for name in tracked("*.md")
        if not name.startswith("tests/") and not re.match(r"changes/(?!README)|CHANGELOG", name)
    ]


def blocks(name: str) -> list[Block]:
    """Return the blocks of a document in order, output right below commands as part of their block."""
    text = (ROOT / name).read_text("utf-8")
    found: list[Block] = []
    end = 0
    for each in _FENCE.finditer(text):
        kind = each["kind"]
        content = re.sub(f"^{each['indent']}", "", each["text"], flags=re.MULTILINE)
        below = found and not text[end : each.start()].strip()
        if below and kind in {"", "json"} and found[-1].kind == "sh" and not found[-1].shown:
            last = found.pop()
            found.append(Block(last.line, last.kind, last.text, last.file, last.part, content))
        else:
            shown = ""
            if kind == "console":
                lines = _joined(content).splitlines(keepends=True)
                shown = "".join(line for line in lines if not line.startswith("$ "))
            named = _NAME.match(content)
            file = each["title"] or (named[1] if named else "")
            line = text.count("\n", 0, each.start()) + 1
            found.append(Block(line, kind, content, file, each["part"] or "", shown))
        end = each.end()
    return found
