"""The tool calls of a task: what streams reported of each, and what clients decided. Pure.

A call is identified by its callId within its task (EVENT-022). The agent chooses what a call does. That it
waits for the answer and follows it is documented (tasks/approve).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sigmic_conformance.model.requests import Act, Asked, Certainty
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.stream_events import StreamEvent
from sigmic_conformance.wire.transcript import Exchange

AWAITING, EXECUTING, SUCCESS = "awaiting_approval", "executing", "success"
PROCEED_ONCE, PROCEED_ALWAYS, REJECT = "proceed_once", "proceed_always", "cancel"
_SLEEPS = re.compile(r"^\(?sleep (\d{1,3}(?:\.\d{1,3})?)\s*(?:;|&&|$)\s*")
_PATH = re.compile(r"path$|(?<!pro)file(?:_?name)?$", re.IGNORECASE)
_ASKED_FOR = re.compile(r"exactly (?:this|these) shell commands?\b")
_LAST_WORD = re.compile(r"^done\s*$", re.MULTILINE)
OUTCOMES = frozenset({PROCEED_ONCE, PROCEED_ALWAYS, REJECT})


def decides(body: Asked) -> bool:
    """True if `outcome` in the body is one of the three strings."""
    return json_values.one_of(body.fields.get("outcome"), OUTCOMES)


def has_message(argument: str) -> bool:
    """Whether a call was given a whole message of the suite, so its tool is not the shell it asks for."""
    return _ASKED_FOR.search(argument) is not None


def _line_of(words: list[Any]) -> str:
    """The shell command in a list of words: all of them, or the one that a shell is given (`sh -c`)."""
    told = [json_values.word(each) for each in words]
    return told[-1] if told[-2:-1] and re.fullmatch("-[a-z]*c", told[-2]) else " ".join(told)


def went_on(output: str) -> bool:
    """Whether an output has the last word of a command that ends with `echo done`.

    The platform may append text, for example about variables that the session no longer has.
    """
    return _LAST_WORD.search(output) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Act):
    """A client's answer to a call; `outcome`: None if the body is not known, empty if the body has none."""

    call: str
    outcome: str | None

    @property
    def may_proceed(self) -> bool:
        """Whether it may have allowed the call to run."""
        return self.certainty is not Certainty.REFUSED and self.outcome in {
            PROCEED_ONCE,
            PROCEED_ALWAYS,
            None,
        }


@dataclass(frozen=True, slots=True)
class CallEvent:
    """An event about a call, in one of the task's streams."""

    stream: Stream
    event: StreamEvent

    @property
    def at(self) -> int:
        """When it arrived."""
        return self.event.at

    @property
    def status(self) -> str:
        """The call's status in it."""
        return json_values.word(self.event.get("status"))

    @property
    def is_result(self) -> bool:
        """True for a tool_result."""
        return self.event.type == "tool_result"


Kind = tuple[object, str]
_OWN_WORDS = re.compile(r"\S*\d\S*")
"""Words with a digit: names, nonces, times, in which two calls of one kind differ."""


def kind_of(tool: object, args: object) -> Kind:
    """A tool and the form of its arguments. Calls of one kind ask alike (G-70c) and are similar (G-66).

    A policy may depend on what a command does, so another call of the same tool may be treated differently.
    """
    return tool, _OWN_WORDS.sub("", json_values.word(args))


@dataclass
class Call:
    """One tool call of a task, with its live events from all streams in order of arrival.

    Invariant: nothing is added after the task is folded, because derived values are cached.
    """

    id: str
    events: list[CallEvent] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    read: list[Mapping[str, Any]] = field(default_factory=list)
    """Entries of get_task about it, if they had arguments."""
    listed: list[Exchange] = field(default_factory=list)
    """The answers of get_task that list it as waiting."""
    until: int | None = None
    """The last time at which it can be known to wait, if it asked."""

    @cached_property
    def tool(self) -> str | None:
        """The name of the tool, from the first event or get_task entry that has one."""
        names = [each.event.get("toolName") for each in self.events]
        names += [each.get("toolName") for each in self.read]
        return next((name for name in names if isinstance(name, str)), None)

    @cached_property
    def args(self) -> Mapping[str, Any]:
        """The arguments, from the first event or get_task entry that has some."""
        return next((args for args in self._all_args if args), {})

    @cached_property
    def _all_args(self) -> list[Mapping[str, Any]]:
        told = [json_values.fields(each.event.get("args")) for each in self.events]
        return told + [json_values.fields(each.get("args")) for each in self.read]

    @property
    def taken(self) -> list[Decision]:
        """The answers that may have been accepted."""
        return [each for each in self.decisions if each.certainty is not Certainty.REFUSED]

    @cached_property
    def kind(self) -> "Kind":
        """The kind of call that decides whether it asks, as far as a client can know."""
        return kind_of(self.tool, self.args)

    @property
    def first(self) -> CallEvent | None:
        """The first live event of it."""
        return self.events[0] if self.events else None

    @cached_property
    def asked(self) -> CallEvent | None:
        """The first event that reports it as waiting."""
        return next((each for each in self.events if not each.is_result and each.status == AWAITING), None)

    @cached_property
    def past_waiting(self) -> list[CallEvent]:
        """The events that report that it does not wait, or no longer."""
        return [each for each in self.events if each.is_result or not self._may_ask_later(each)]

    def _may_ask_later(self, heard: CallEvent) -> bool:
        """Whether its stream reports in this event, or later, that it waits: it may be validated before."""
        return any(
            each.stream is heard.stream
            and each.status == AWAITING
            and each.event.number >= heard.event.number
            for each in self.events
        )

    @cached_property
    def result(self) -> CallEvent | None:
        """The first result."""
        return next((each for each in self.events if each.is_result), None)

    @cached_property
    def output(self) -> str | None:
        """Its output, from its result or from get_task."""
        told = [] if self.result is None else [self.result.event.get("output")]
        told += [each.get("output") for each in self.read]
        return next((text for text in told if isinstance(text, str)), None)

    @cached_property
    def words(self) -> str:
        """Its arguments as text, for searching file names; those of every call, if several had its id."""
        return " ".join({str(args): None for args in self._all_args})

    @cached_property
    def command(self) -> str:
        """Its shell command without the pause at the beginning; empty for a tool that is given a path."""
        return _SLEEPS.sub("", self._line, count=1)

    @cached_property
    def sleeps(self) -> float | None:
        """The seconds for which its command sleeps before anything else, or the suite's own server waits."""
        found = _SLEEPS.match(self._line)
        asked = self.args.get("seconds") if str(self.args.get("text")).endswith("_slow") else None
        return float(found[1]) if found else float(asked) if isinstance(asked, int | float) else None

    @cached_property
    def takes_a_path(self) -> bool:
        """Whether it is a call of a file tool: an argument is a path, but not the folder of a command."""
        if "command" in self.args:  # that of an editor has both
            return not {"path", "file_path"}.isdisjoint(self.args)
        return any(_PATH.search(name) for name in self.args)

    @cached_property
    def lines(self) -> dict[str, str]:
        """The arguments that may be its shell command, which no page names: texts, or else lists of words."""
        told = {name: value for name, value in self.args.items() if name != "description"}
        texts = {name: value for name, value in told.items() if isinstance(value, str)}
        lists = {name: _line_of(value) for name, value in told.items() if isinstance(value, list)}
        return lists if "command" in lists else texts or lists

    @cached_property
    def _line(self) -> str:
        """Its shell command: `command`, or the only argument that may be one."""
        only = next(iter(self.lines.values()), "") if len(self.lines) == 1 else ""
        line = self.lines.get("command", only).strip()
        return "" if self.takes_a_path or has_message(line) else line

    def waits(self, began: int, ended: int) -> bool:
        """Whether it was known to wait all the time between two moments.

        A call without events is known to wait between a list that has it and the next list or an accepted
        answer. Its end in between could not have been observed.
        """
        asked = self.asked is not None and self.asked.at <= began
        listed = any(each.ended <= began for each in self.listed) and ended <= self._listed_until
        return (asked or listed) and self.waited_until(ended) >= ended

    @cached_property
    def _listed_until(self) -> int:
        """The last time at which a list had it, or an answer to it was sent that was accepted."""
        taken = (each.sent for each in self.decisions if each.certainty is Certainty.ACCEPTED)
        return max((*taken, *(each.started for each in self.listed)), default=0)

    def first_decided_by(self, exchange: Exchange) -> bool:
        """Whether it was known to wait when an answer was sent, and no other can have decided it until then.

        No page says how a second answer, or one to a call that does not wait, is treated (G-64).
        """
        others = (
            each
            for each in self.decisions
            if each.exchange is not exchange
            and each.certainty is not Certainty.REFUSED
            and each.sent < exchange.ended
        )
        return self.waits(exchange.started, exchange.started) and not any(others)

    def waited_until(self, ended: int) -> int:
        """When it was answered or reported as no longer waiting; `ended` if neither is known."""
        later = (each.at for each in self.past_waiting)
        answers = (each.sent for each in self.taken)
        next_ = () if self.until is None else (self.until,)
        return min((*later, *answers, *next_), default=ended)


def events_in(streams: Sequence[Stream]) -> Iterator[CallEvent]:
    """All events about calls, in the order of their arrival."""
    found = [
        CallEvent(stream, event)
        for stream in streams
        for event in stream.live
        if event.type in {"tool_call", "tool_result"} and event.get("callId") is not None
    ]
    return iter(sorted(found, key=lambda each: each.at))


def calls_of(
    streams: Sequence[Stream], decisions: Sequence[Decision], read: Sequence[Exchange]
) -> dict[str, Call]:
    """The calls of a task by id, in the order in which streams first reported them.

    get_task adds arguments and waiting times to calls that a stream or a decision named.
    """
    found: dict[str, Call] = {}
    for each in events_in(streams):
        found.setdefault(each.event.call, Call(each.event.call)).events.append(each)
    for decision in decisions:
        found.setdefault(decision.call, Call(decision.call)).decisions.append(decision)
    for exchange in read:
        for told in _told_by(exchange):
            call = found.get(json_values.word(told.get("callId")))
            if call is not None and json_values.fields(told.get("args")):
                call.read.append(told)
        for told in json_values.objects(exchange.fields.get("pendingApprovals")):
            if (call := found.get(json_values.word(told.get("callId")))) is not None:
                call.listed.append(exchange)
    return found


def _told_by(exchange: Exchange) -> Iterator[Mapping[str, Any]]:
    """The calls in an answer of get_task: those that wait, and those of its output."""
    yield from json_values.objects(exchange.fields.get("pendingApprovals"))
    yield from json_values.objects(json_values.fields(exchange.fields.get("output")).get("toolCalls"))
