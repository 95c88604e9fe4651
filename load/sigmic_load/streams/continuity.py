"""Nothing lost, nothing doubled: compare the events of one connection with the task after its turn.

A connection sends saved messages, then what the turn has produced so far, then live events (G-48). A reader
that connects at any time must in the end have received what `get_task` and `get_task_history` show, each
thing once and in order. A connection that was dropped has received a beginning of it. Text is compared by
words, because servers may cut it anywhere.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from sigmic_load.measures.evidence import Kind
from sigmic_load.measures.findings import Finding, Findings

CATCH_UP_SECONDS = 1.0
"""Seconds after the end of the history. Later events are live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the task shows after its turn: message ids, the answer and the tool calls, in order."""

    messages: tuple[str, ...]
    saved: int
    """How many messages there were while the turn ran: up to the user's last one (G-49)."""
    text: str
    calls: tuple[str, ...] = ()

    @classmethod
    def of_task(cls, task: Mapping[str, Any], history: Mapping[str, Any]) -> "Truth":
        """Build it from the `data` of `get_task` and `get_task_history`. Raises KeyError for another form."""
        output = task.get("output") or {"content": ""}
        messages = history["messages"]
        asked = [index for index, message in enumerate(messages) if message["role"] == "user"]
        return cls(
            messages=tuple(message["id"] for message in messages),
            saved=max(asked, default=-1) + 1,
            text=output["content"],
            calls=tuple(call["callId"] for call in output.get("toolCalls") or ()),
        )


@dataclass(slots=True)
class Heard:
    """What one connection received. Call `note` for each event; `ended` is true if the server ended it."""

    messages: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Contents of the assistant's saved messages."""
    had_history: bool = False
    was_live: bool = False
    text: str = ""
    calls: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    ended: bool = False
    is_past_catch_up: bool = False
    """Some text was live: a catch-up has one piece of text, directly after the history."""
    words_before: dict[str, int] = field(default_factory=dict)
    """The number of words that had come before the first event of each call or result."""
    _since: float = 0.0
    _shown: set[tuple[str, str]] = field(default_factory=set)

    def note(self, event: str, data: Mapping[str, Any], at: float = 0.0) -> None:
        """Record one event that came at `at`. Events that are not compared are ignored."""
        match event:
            case "history_message":
                self.messages.append(str(data.get("id")))
                if data.get("role") == "assistant":
                    self.answers.append(str(data.get("content")))
            case "history_done":
                self.had_history = True
                self._since = at
                self.was_live = bool(data.get("isStreaming"))
                self.ended = not self.was_live
            case "content":
                waited = at - self._since
                self.is_past_catch_up = self.is_past_catch_up or bool(self.text) or waited > CATCH_UP_SECONDS
                self.text += str(data.get("text"))
            case "tool_call":
                self._call(str(data.get("callId")), str(data.get("status")))
            case "tool_result":
                self._place("result", str(data.get("callId")))
                self.results.append(str(data.get("callId")))
            case "done" | "error":
                self.ended = True
            case _:
                pass

    def _place(self, kind: str, call: str) -> None:
        self.words_before.setdefault(f"{kind} {call}", len(self.text.split()))

    def _call(self, call: str, status: str) -> None:
        self._place("call", call)
        # A call is sent again when its status changes. That is new; the same status twice is a double.
        if (call, status) in self._shown or call not in self.calls:
            self.calls.append(call)
        self._shown.add((call, status))


def compare(heard: Heard, truth: Truth, witness: Heard | None = None) -> Findings:
    """Return what is wrong with a connection. `witness` is another one of its turn, read from the start.

    All readers receive the events in one order. So if a connection was dropped after more words than the
    witness received before a tool's result, that connection must have received that result too.
    """
    found = Findings()
    saved = truth.messages[: truth.saved] if heard.was_live else truth.messages
    found.add(compare_order(heard.messages, saved, complete=heard.had_history, what="message"))
    if not heard.had_history:
        return found
    if heard.was_live:
        found.add(compare_order(_words(heard), truth.text.split(), complete=heard.ended))
        for kind, told in (("call", heard.calls), ("result", heard.results)):
            due = 0 if witness is None else _due(kind, heard, truth, witness)
            what = f"tool {kind}"
            found.add(compare_order(told, truth.calls, complete=heard.ended, what=what, due=due))
    elif heard.answers:
        found.add(compare_order(heard.answers[-1].split(), truth.text.split(), complete=True))
    return found


def _due(kind: str, heard: Heard, truth: Truth, witness: Heard) -> int:
    """How many of the task's calls, or results, came before the last received word.

    0 for a connection that may have been dropped amid its catch-up, before the tools.
    """
    if not heard.is_past_catch_up:
        return 0
    words = len(_words(heard))
    places = (witness.words_before.get(f"{kind} {call}") for call in truth.calls)
    return max((at for at, place in enumerate(places, 1) if place is not None and place < words), default=0)


def _words(heard: Heard) -> list[str]:
    """Drop the last word of a dropped connection: it may be cut."""
    words = heard.text.split()
    if not heard.ended and words and not heard.text[-1].isspace():
        words.pop()
    return words


def compare_order(
    heard: Sequence[str], expected: Sequence[str], *, complete: bool, what: str = "word", due: int = 0
) -> Findings:
    """Compare two sequences.

    What is missing at the end is lost only if the connection was `complete`, or among the first `due`.
    """
    if len(heard) >= due and list(heard) == list(expected if complete else expected[: len(heard)]):
        return Findings()
    missing: list[int] = []
    extra: list[int] = []
    matcher = SequenceMatcher(None, expected, heard, autojunk=False)
    for tag, start, stop, heard_start, heard_end in matcher.get_opcodes():
        end = stop
        if stop == len(expected) and not complete:
            # The rest had not come yet.
            end = max(start + min(stop - start, heard_end - heard_start), min(stop, due))
        if tag in {"delete", "replace"}:
            missing += range(start, end)
        if tag in {"insert", "replace"}:
            extra += range(heard_start, heard_end)
    moved = Counter(expected[at] for at in missing) & Counter(heard[at] for at in extra)
    found = Findings(out_of_order=moved.total())
    left = moved.copy()
    for at in extra:
        is_moved = left[heard[at]] > 0
        left[heard[at]] -= is_moved
        found.doubled += not is_moved
        kind = Kind.MOVED if is_moved else Kind.DOUBLED
        found.each.append(Finding(kind, f"{what} {heard[at]!r} {_after(heard, at)}", heard[at]))
    left = moved.copy()
    for at in missing:
        if left[expected[at]] > 0:
            left[expected[at]] -= 1
            continue
        found.lost += 1
        says = f"{what} {expected[at]!r} {_after(expected, at)}"
        found.each.append(Finding(Kind.LOST, says, expected[at - 1] if at else ""))
    return found


def _after(sequence: Sequence[str], at: int) -> str:
    return f"after {sequence[at - 1]!r}" if at else "at the beginning"
