"""Generate parts of hand-written files from code or data: the text between two marks, in Python after `#`.

    <!-- generated: NAME -->
    …
    <!-- end of generated -->

NAME is a key of `BLOCKS`. A document contains figures from the code only in such a block.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from sigmic_mock.config.file import Config
from sigmic_mock.config.settings import Settings
from sigmic_mock.domain.lifecycle import diagram
from sigmic_mock.faults.page import conditions, situations
from sigmic_mock.testing.thread import DECIDED

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"((?:<!--|#) generated: (\S+)(?: -->)?\n).*?( *(?:<!-- end of generated -->|# end of generated))",
    re.DOTALL,
)
_KEYWORDS = "mock_server/sigmic_mock/testing/keywords.py"
_OWN_KEYWORDS = {"clock", "playbooks", "seed"}
"""Flags that `mock_server()` and `project()` take in another form."""
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


class UnknownBlock(ValueError):
    """A document has a mark with a name that is missing from `BLOCKS`."""


def life_of_a_task() -> str:
    """Return the state diagram of a task as Mermaid source."""
    return f"```mermaid\n{diagram()}\n```"


def decisions(folder: Path = ROOT / "docs" / "adr") -> str:
    """Return a list of the decision records, each with its title."""
    records = sorted(folder.glob("[0-9]*.md"))
    return "\n".join(f"- [{_title(record)}]({record.name})" for record in records)


def flags_of_a_server_in_a_test() -> str:
    """Return the flags as the keywords of a `TypedDict`, with the types of their values in Python."""
    types: Mapping[object, str] = {
        float: "Duration",
        int: "int",
        bool: "bool",
        Path | None: "str | Path",
        Config: "str | Path",
    }
    return "\n".join(
        f"    {each.name}: {types.get(each.type, 'str')}"
        for each in fields(Settings)
        if each.metadata and each.name.replace("_", "-") not in DECIDED | _OWN_KEYWORDS
    )


BLOCKS: Mapping[str, Callable[[], str]] = {
    "life-of-a-task": life_of_a_task,
    "decisions": decisions,
    "conditions-of-faults": conditions,
    "flags-of-a-server-in-a-test": flags_of_a_server_in_a_test,
    "situations-of-faults": situations,
}
"""Name of a block to the function that returns its content, without a final line end."""


def filled(text: str) -> str:
    """Return the document with every block generated again. Raises `UnknownBlock`."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_written(found[2])}\n{found[3]}", text)


def documents(root: Path = ROOT) -> list[Path]:
    """Return the files that have a block."""
    candidates = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob(_KEYWORDS)]
    return sorted(path for path in candidates if _BLOCK.search(path.read_text("utf-8")))


def _written(name: str) -> str:
    if name not in BLOCKS:
        raise UnknownBlock(f"no such block: {name}; there are {', '.join(BLOCKS)}")
    return BLOCKS[name]()


def _title(document: Path) -> str:
    found = _TITLE.search(document.read_text("utf-8"))
    return found[1] if found else document.stem
