"""The names under which a probe records its exchanges; a judge asks for an exchange by the same value.

A `Label` names one exchange, or several of one kind. `Labels` name a series of them, by what each was made
for: `Labels[int](PROBE, "create {}").of(2)` is the label `create 2`. The steps `run` and `ask` record two
exchanges each, so they take a `TaskLabel` and a `FollowUpLabel`, which name both.

Where each label is declared: `conformance.labels`.
"""

import re
from dataclasses import dataclass
from typing import Generic, NewType, TypeVarTuple

ProbeName = NewType("ProbeName", str)
"""The name of a probe: that of its function."""

Parts = TypeVarTuple("Parts")


@dataclass(frozen=True, slots=True)
class Label:
    """What one probe calls an exchange; `text` is what the transcript holds."""

    probe: ProbeName
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def again(self) -> "Label":
        """The label of a stream that is opened again, because the first connection was cut."""
        return Label(self.probe, f"{self.text} again")

    def covers(self, text: str) -> bool:
        """True for its own text."""
        return text == self.text


@dataclass(frozen=True, slots=True)
class _Followed:
    probe: ProbeName
    text: str

    @property
    def stream(self) -> Label:
        """The stream of the run that it began."""
        return Label(self.probe, f"{self.text}: stream")


class TaskLabel(_Followed):
    """The labels of a task that was created and whose stream was followed."""

    @property
    def create(self) -> Label:
        """The creation."""
        return Label(self.probe, f"{self.text}: create")


class FollowUpLabel(_Followed):
    """The labels of a follow-up that was sent and whose stream was followed."""

    @property
    def message(self) -> Label:
        """The follow-up."""
        return Label(self.probe, f"{self.text}: message")


@dataclass(frozen=True)
class _Series(Generic[*Parts]):
    """Texts of one pattern, with a `{}` for each part."""

    probe: ProbeName
    pattern: str

    def _text(self, *parts: *Parts) -> str:
        return self.pattern.format(*parts)


@dataclass(frozen=True)
class Labels(_Series[*Parts]):
    """Labels of one pattern."""

    def of(self, *parts: *Parts) -> Label:
        """The label for these parts."""
        return Label(self.probe, self._text(*parts))

    def covers(self, text: str) -> bool:
        """True when one of these labels has this text."""
        return self._match(text) is not None

    def parts(self, text: str) -> tuple[str, ...]:
        """The parts of a label as text; ValueError for the text of no such label."""
        match = self._match(text)
        if match is None:
            raise ValueError(f"{text!r} is not of the form {self.pattern!r}")
        return match.groups()

    def _match(self, text: str) -> "re.Match[str] | None":
        parts = (re.escape(part) for part in self.pattern.split("{}"))
        return re.fullmatch("(.*)".join(parts), text, re.DOTALL)


@dataclass(frozen=True)
class TaskLabels(_Series[*Parts]):
    """Task labels of one pattern."""

    def of(self, *parts: *Parts) -> TaskLabel:
        """The task label for these parts."""
        return TaskLabel(self.probe, self._text(*parts))


@dataclass(frozen=True)
class FollowUpLabels(_Series[*Parts]):
    """Follow-up labels of one pattern."""

    def of(self, *parts: *Parts) -> FollowUpLabel:
        """The follow-up label for these parts."""
        return FollowUpLabel(self.probe, self._text(*parts))
