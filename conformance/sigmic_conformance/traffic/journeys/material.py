"""What a step sends: the words of its message, its files, its variables, and the body that carries them."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from sigmic_conformance.model.workspace import READS_UPLOADS
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.journeys.journey import Step
from sigmic_conformance.traffic.prompts import EASY, count, digest_of, shell
from sigmic_conformance.wire.bodies import Body, FilePart, Form, Plain, as_json

VARIABLE, SECRET, BOTH = "JOURNEY_WORD", "JOURNEY_SECRET", "JOURNEY_BOTH"
NEARLY = {"JOURNEY_Word": "0042", "JOURNEY_WORD_": "true", "JOURNEY_WORDS": "2026-01-02T03:04:05+02:00"}
"""Variables whose names differ slightly from another one; their values look like other types than texts."""
BEYOND_ASCII = "Zoë Zoe\u0308 ﬁ名 😀"
"""Letters of two, three and four bytes, one also decomposed, and a ligature: wherever words are sent."""
PLACEHOLDERS = f"{{{{mcp.{SECRET}}}}} {{{{{SECRET}}}}}"
"""Replaced only in the settings of MCP servers (V-09): elsewhere they stay, and no secret is shown."""
PROMPT = f"You work for {BEYOND_ASCII} {PLACEHOLDERS}. Do what you are asked to, and nothing else."
"""A system prompt that changes nothing about what the agent does."""
URLENCODED = "urlencoded"
"""The value of the dimension `body` for a form that no page has."""
COUNTED = 100
SLOW = frozenset({"joining", "dropped", "returning", "several"})
"""Readers that need a long turn: they connect and leave during it, or read it in parallel."""
WORKING_SECONDS = 1.5
"""Duration of a command that must be observed while it runs."""
CANCELLED_SECONDS = 4.0
"""Duration of a command that is to be cancelled: a later effect of it cannot stem from before that."""
SILENT_BEATS = 4.4
"""Intervals of silence after which a heartbeat is missing and not just late, even on a busy machine."""
MOST_SILENT_SECONDS = 2.5
"""Journeys wait no longer than this for heartbeats: only the heartbeat probes test longer intervals."""
NEIGHBOURS = "echo at=$(pwd); ls"
"""Shows where the command runs (ISOLATION-013), and no file that another task made (ISOLATION-010)."""
UPLOADS = f"{READS_UPLOADS} 2>/dev/null"
"""Shows every upload with its digest: the agent can read it (AGENT-004), even after a restore."""
GROWING = "turns.txt"
"""A file that gets a line in each turn, so that two downloads of it differ."""
KEYS = "echo keys=$(env | grep -cE '=sigmic_[0-9a-f]{64}$')"
"""Counts the variables that have the form of an API key (A-01): the server's keys must not be there."""
AGAIN = f"{NEIGHBOURS}; {KEYS}; echo again"
"""The same in each turn: an approval in one turn does not apply to another turn (APPROVE-007)."""

VALUES: Mapping[str, str] = {
    "plain": "word-1.0",
    "separators": "a b=c;d&e$HOME ${HOME} %s\\n",
    "quotes": '"it\'s `so`", said "he"',
    "line_ends": "one\ntwo\r\nthree",
    "non_ascii": "Größe Gro\u0308ße 名 😀",
    "empty": "",
    "long": "".join(f"{number:04}" for number in range(1024)),
}
"""The value that a variable gets for each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """The message of a step: its text, and how many shell commands it requests."""

    text: str
    commands: int


@dataclass(frozen=True, slots=True)
class Variables:
    """What a task is created with; `secrets` are learnt by the redactor before they are sent."""

    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def digests(self) -> dict[str, str]:
        """What the sandbox prints of each variable."""
        return {name: digest_of(value) for name, value in {**self.env, **self.secrets}.items()}


def silent_seconds(profile: Profile, times: float = 1.0) -> float:
    """How long a silence has to be to check its heartbeats, in seconds; 0 if that is too long to wait.

    `times` is a factor on the usual length, for a retried journey.
    """
    silent = SILENT_BEATS * profile.heartbeat_seconds
    return times * silent if silent <= MOST_SILENT_SECONDS else 0.0


def working_seconds(profile: Profile, times: float = 1.0) -> float:
    """Duration in seconds of a command that must be observed, and its heartbeats read, while it runs."""
    return max(WORKING_SECONDS, silent_seconds(profile, times))


def message(step: Step, word: str, profile: Profile, times: float = 1.0) -> Message:
    """The message of a step: plain sentences that both a scripted agent and a model understand.

    `word` is random, so that it cannot be guessed; a command writes it to a file that is named after it. The
    non-ASCII letters have no meaning in the shell.
    """
    state, reader = step["state"], step["reader"]
    slow = reader in SLOW or state in {"tool_running", "cancelled"}
    if not profile.offers("tools"):
        return Message(text=_counting(step) if slow or state == "speaking" else EASY, commands=0)
    lasting = CANCELLED_SECONDS if step.ending == "cancelled" else working_seconds(profile, times)
    # All commands of a task are alike, so that each of them needs an approval (APPROVE-007).
    pause = f"sleep {lasting if slow else 0:.1f}; "
    written = f"echo {word} > {word}.txt; echo {word} >> {GROWING}"
    commands = [f"{pause}{written}; : {BEYOND_ASCII} {PLACEHOLDERS}; {_shown(profile)}"]
    if step["approval"] == "several":
        commands.insert(0, AGAIN)
    text = shell(*commands)
    if state == "speaking" or (state == "cancelled" and step["approval"] == "rejected"):
        text = f"{text}\nThen {_counting(step).lower()}"
    if state == "failed":
        text = f"{text}\nThen fail with the message: stopped on purpose {word}"
    return Message(text=text, commands=len(commands))


def _counting(step: Step) -> str:
    """A count that takes a second, or as long as a command if it is to be cancelled."""
    last = round(COUNTED * CANCELLED_SECONDS) if step.ending == "cancelled" else COUNTED
    return count(last)


def _shown(profile: Profile) -> str:
    """A command that prints which variables, uploads and files of other tasks the sandbox contains.

    It prints variables even if none were given: those of another task would appear.
    """
    shown = [f'printf %s "${name}" | sha256sum' for name in (VARIABLE, SECRET, BOTH, *NEARLY)]
    uploads = [UPLOADS] if profile.offers("files") else []
    return "; ".join([*shown, *uploads, NEIGHBOURS, KEYS, "echo done"])


def variables(kind: str, canary: str) -> Variables:
    """The variables of a task for a kind of value; `canary` makes the secrets unique.

    For the name in both maps the secret counts (VARS-006), even an empty one. Only the value of the kind is
    unusual: the situation is named after the most unusual one.
    """
    if kind == "none":
        return Variables()
    value = VALUES[kind]
    return Variables(
        env={VARIABLE: value, BOTH: "of-env", **NEARLY},
        secrets={SECRET: f"{canary}{value}", BOTH: f"{canary}-both{value}" if value else ""},
    )


def files(step: Step, word: str, profile: Profile) -> list[FilePart]:
    """The files that come with a step's message."""
    content = f"content {word}\n".encode()
    return {
        "none": [],
        "plain": [FilePart(f"plain-{word}.txt", content), FilePart(f"table-{word}.csv", b"a,b\r\n1,2\r\n")],
        "zip": [
            FilePart(
                f"bundle-{word}.zip",
                _archive(
                    {f"zipped-{word}.txt": content, f"void-{word}.txt": b"", f"beside-{word}.txt": content}
                ),
            ),
            FilePart(
                f"second-{word}.ZIP",
                _archive({f"packed-{word}.txt": content, f".hidden-{word}": f"hidden {word}".encode()}),
            ),
            FilePart(f"unpacked-{word}.txt", content),
        ],
        "nested": [
            FilePart(
                f"outer-{word}.zip",
                _archive({"folder/": b"", "folder/inner/": b"", f"folder/inner/nested-{word}.txt": content}),
            )
            if profile.offers("zip")
            else FilePart(f"folder/nested-{word}.txt", content)
        ],
        "awkward_name": [
            FilePart(f"quarterly report ü 报告 v1.2 {word}.csv", content),
            FilePart(f"it's; {word}.TXT", content),  # an extension in capitals is one (ARTIFACT-012)
            FilePart(f"1+1=2 {word}.qqq", content),  # of an unknown kind (G-83)
            FilePart(f".hidden-{word}", content),
            FilePart(f"LICENSE-{word}", content),
        ],
        # Also the names of earlier steps, with different bytes.
        "same_name": [
            FilePart("the-same-name.txt", f"{number} {word}\n".encode()) for number in ("one", "two")
        ],
        "empty": [FilePart(f"empty-{word}.txt", b"")],
        "at_limit": [
            FilePart(f"many-{number:02d}-{word}.txt", content) for number in range(profile.max_files)
        ],
    }[step["files"]]


def _archive(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def body(
    form: str,
    text: str,
    parts: Sequence[FilePart],
    *,
    given: Variables | None = None,
    asks: bool = False,
    prompt: str | None = None,
) -> Body:
    """The body of a message, in a form of the dimension `body`.

    Variables, `asks` and the system prompt are only in a creation.
    """
    given = given or Variables()
    if form == "json":
        fields: dict[str, object] = {"message": text}
        fields |= {name: dict(value) for name, value in _maps(given).items()}
        fields |= {"systemPrompt": prompt} if prompt else {}
        return as_json(fields | ({"autoExecute": False} if asks else {}))
    words = {"message": text} | ({"autoExecute": "false"} if asks else {})
    words |= {"systemPrompt": prompt} if prompt else {}
    words |= {name: json.dumps(dict(value)) for name, value in _maps(given).items()}
    if form == URLENCODED:
        return Plain(urlencode(words).encode(), "application/x-www-form-urlencoded")
    return Form(words, parts, files_first=form == "files_first")


def _maps(given: Variables) -> dict[str, Mapping[str, str]]:
    return {name: value for name, value in (("env", given.env), ("secrets", given.secrets)) if value}
