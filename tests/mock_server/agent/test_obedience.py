"""A message is executed completely, or not at all.

Hypothesis draws requests and their wording, followed by another instruction. Tools work on real files.
"""

import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.answers import SIMULATED
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.turn import PLAIN, CallScript, ToolOutcome
from sigmic_mock.domain.model import ToolStatus
from tests.fakes.turn import ScriptedTurn

AGENT = Agent(Library())
BEFORE = {"x.txt": "old", "keep.txt": "kept"}
Workspace = dict[str, str]


class WorkingTurn(ScriptedTurn):
    """A turn with real files."""

    def __init__(self, text: str, folder: Path) -> None:
        super().__init__(text)
        self.folder = folder

    async def call_tool(self, name: str, args: Mapping[str, Any], script: CallScript = PLAIN) -> ToolOutcome:
        return self._work(name, args)

    async def run_subagent_tool(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        return self._work(name, args)

    def _work(self, name: str, args: Mapping[str, Any]) -> ToolOutcome:
        if name == "write_file":
            path = self.folder / args["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(args["content"].encode())
            return ToolOutcome(ToolStatus.SUCCESS, "")
        if name == "run_shell_command":
            ended = subprocess.run(
                ["sh", "-c", args["command"]], cwd=self.folder, capture_output=True, check=False
            )
            status = ToolStatus.ERROR if ended.returncode else ToolStatus.SUCCESS
            return ToolOutcome(status, (ended.stdout + ended.stderr).decode())
        return ToolOutcome(ToolStatus.SUCCESS, "read")


async def done(text: str) -> tuple[str, Workspace]:
    """Return the answer to a message, and the files after it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder)
        turn = WorkingTurn(text, folder)
        await AGENT.perform(turn)
        return turn.answer, _files(folder)


def _fill(folder: Path) -> None:
    for path, content in BEFORE.items():
        (folder / path).write_text(content)


def _files(folder: Path) -> Workspace:
    return {str(each.relative_to(folder)): each.read_text() for each in folder.rglob("*") if each.is_file()}


class Request(NamedTuple):
    """A directive with `{c}` for its text; `file` is the file that it writes, None if it writes no file."""

    words: str
    file: str | None
    quoted: bool = False


REQUESTS = st.sampled_from(
    [
        Request("Create a file named n.txt containing: {c}", "n.txt"),
        Request("Please create a text file called n.txt with the text: {c}", "n.txt"),
        Request("Create a file named n.txt containing `{c}`", "n.txt", quoted=True),
        Request('Create a file named n.txt with the content "{c}"', "n.txt", quoted=True),
        Request("Use a subagent named w to create a file named n.txt containing: {c}", "n.txt"),
        Request("Reply with exactly: {c}", None),
        Request("Say exactly: {c}", None),
        Request('Answer with exactly "{c}"', None, quoted=True),
    ]
)
TEXTS = st.lists(
    st.sampled_from(
        ["apple", "river", "garden", "blue", "morning", "v42", "paper", "quiet", "naïve", "漢字"]
    ),
    min_size=1,
    max_size=4,
).map(" ".join)
JOINTS = st.sampled_from(
    [
        *(". Then ", ". ", ", then ", ", and ", " and ", " and then ", "; then ", "; ", ". After that, "),
        *(
            ". Finally, ",
            ". Also ",
            ". Please ",
            ", and please ",
            ". Now ",
            ". Next, ",
            "\nThen ",
            " - then ",
        ),
        *(". Could you ", ". Afterwards ", ". When you are done, ", ", also ", " (then ", ". And ", ". 2. "),
        *(". I want you to ", ". Oh, and "),
    ]
)
VERBS = """
email fax zip send print-out translate test laminate publish tweet shred encrypt compress upload share commit
push deploy archive sign notarise frame burn bury hide sort reverse uppercase capitalise summarise review
proofread minify lint compile schedule tag label watermark duplicate-check sell buy forget yeet zap frobnicate
defenestrate convert download attach forward post text message whisper sing paint gzip tar chmod hash count-up
"""
UNKNOWN = st.builds(
    "{} {}".format,
    st.sampled_from(VERBS.split()),
    st.sampled_from(["it", "it to bob", "the file", "it twice", "them all", "everything", "me the result"]),
) | st.sampled_from(
    [
        *(
            "tell me a story",
            "give me a summary of it",
            "make it executable",
            "do not save it",
            "explain what you did",
        ),
        *(
            "what is the weather like?",
            "the file must be executable",
            "let Bob know",
            "ask me before you do it",
        ),
        *("open a pull request", "convert it to PDF", "drop the table", "a file named q.txt containing: y"),
    ]
)


KNOWN: dict[str, Callable[[Workspace], Workspace]] = {
    "run `mv x.txt y.txt`": lambda files: {
        "y.txt" if path == "x.txt" else path: files[path] for path in files
    },
    "create a file named z.txt containing `zed`": lambda files: files | {"z.txt": "zed"},
    "list the files": lambda files: files,
}


@pytest.mark.nightly
@settings(max_examples=400)
@given(REQUESTS, TEXTS, JOINTS, UNKNOWN)
@example(Request("Create a file named n.txt containing: {c}", "n.txt"), "one", ". Then ", "fax it to bob")
async def test_a_message_with_an_unknown_instruction_changes_nothing(asked, text, joint, order):
    _answer, files = await done(asked.words.format(c=text) + joint + order)

    assert files == BEFORE


@settings(max_examples=200)
@given(REQUESTS, TEXTS, JOINTS, st.sampled_from(sorted(KNOWN)))
async def test_a_known_instruction_is_done_completely_or_nothing_is_done(asked, text, joint, order):
    answer, files = await done(asked.words.format(c=text) + joint + order)

    wanted = KNOWN[order](dict(BEFORE))
    whole = wanted if asked.file is None else wanted | {asked.file: text}
    assert files == (BEFORE if "I did nothing" in answer or SIMULATED in answer else whole)


@settings(max_examples=100)
@given(
    REQUESTS.filter(lambda asked: asked.quoted), TEXTS, st.sampled_from([". Then ", ". ", ", then ", "\n"])
)
async def test_after_quoted_text_a_known_instruction_is_done(asked, text, joint):
    _answer, files = await done(asked.words.format(c=text) + joint + "run `mv x.txt y.txt`")

    assert "y.txt" in files


@settings(max_examples=100)
@given(
    st.sampled_from(["`{}`", "``` {} ```", "\n```\n{}\n```", '"{}"']),
    TEXTS,
    JOINTS,
    UNKNOWN | st.sampled_from(sorted(KNOWN)),
)
async def test_quoted_text_is_content_whatever_it_says(quotes, text, joint, order):
    content = (text + joint + order).replace("\n", " ").replace("`", "")
    answer, files = await done("Create a file named n.txt containing: " + quotes.format(content))

    assert files.get("n.txt", "").rstrip("\n") == content, answer
