"""A fact that a probe notes beside its exchanges, by name and type: a word, a moment, a task's id.

A transcript keeps values as JSON. A fact that names an exchange is kept as the text of its label.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple, cast

from sigmic_conformance.conformance.transcript.label import FollowUpLabel, Label, ProbeName, TaskLabel

Value = TypeVar("Value")
Parts = TypeVarTuple("Parts")


@dataclass(frozen=True)
class Fact(Generic[Value]):
    """What one probe notes under a name."""

    probe: ProbeName
    name: str

    def kept(self, value: Value) -> object:
        """The value as a transcript keeps it."""
        return value

    def read(self, kept: object) -> Value:
        """The value that a transcript keeps."""
        return cast("Value", kept)


@dataclass(frozen=True)
class Facts(Generic[Value, *Parts]):
    """Facts of one pattern, with a `{}` for each part."""

    probe: ProbeName
    pattern: str

    def of(self, *parts: *Parts) -> Fact[Value]:
        """The fact for these parts."""
        return Fact(self.probe, self.pattern.format(*parts))


@dataclass(frozen=True)
class LabelFact(Fact[Label]):
    """The label of the exchange that counts, where several attempts were made."""

    def kept(self, value: Label) -> str:
        return value.text

    def read(self, kept: object) -> Label:
        return Label(self.probe, str(kept))


@dataclass(frozen=True)
class TaskLabelFact(Fact[TaskLabel]):
    """The label of the task that counts."""

    def kept(self, value: TaskLabel) -> str:
        return value.text

    def read(self, kept: object) -> TaskLabel:
        return TaskLabel(self.probe, str(kept))


@dataclass(frozen=True)
class FollowUpLabelFact(Fact[FollowUpLabel]):
    """The label of the follow-up that counts."""

    def kept(self, value: FollowUpLabel) -> str:
        return value.text

    def read(self, kept: object) -> FollowUpLabel:
        return FollowUpLabel(self.probe, str(kept))
