"""Judges that are rows of a table: requests that must be refused, and requests that must be accepted. Pure.

`registry.judge_each` announces them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_conformance.conformance.judging.controls import AnyCode, accepted, refused
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.transcript.label import Label


@dataclass(frozen=True, slots=True)
class Refusal:
    """Every exchange with one of these labels is refused, while the one labelled `control` is accepted.

    Refused with 4xx, or with the status, and with the code where one is given. `expected` says so in words;
    without it status and code do.
    """

    labels: Sequence[Label]
    status: int | None = None
    code: str | AnyCode | None = None
    expected: str = ""
    control: Label = field(kw_only=True)

    def __call__(self, record: Record) -> Verdict:
        words = [str(word) for word in (self.status, self.code) if isinstance(word, int | str)]
        return refused(
            record,
            self.labels,
            control=self.control,
            expected=self.expected or " ".join(words) or "4xx",
            status=self.status,
            codes=frozenset({self.code}) if isinstance(self.code, str) else self.code,
        )


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Every exchange with one of these labels is answered 2xx."""

    labels: Sequence[Label]
    expected: str = "accepted"

    def __call__(self, record: Record) -> Verdict:
        return accepted(record, self.labels, self.expected)
