"""What a target does where no page says anything: a question, and the answers that a run found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as text, and the first exchange that shows it."""

    text: str
    probe: str
    exchange: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChoice:
    """A question of `spec/choices.yaml`, or a requirement that asks which reading a target follows."""

    id: str
    question: str
    answers: tuple[Answer, ...]
    """Several if the target did not always do the same; none if the run did not show it."""

    @property
    def text(self) -> str:
        """The answers as one text, which says nothing about how often they were seen."""
        return "; ".join(each.text for each in self.answers) or NOT_SEEN

    @classmethod
    def restored(cls, entry: Mapping[str, Any]) -> "TargetChoice":
        """The choice from its entry in a `result.json`."""
        return cls(
            id=entry["id"],
            question=entry["question"],
            answers=tuple(Answer(**each) for each in entry["answers"]),
        )
