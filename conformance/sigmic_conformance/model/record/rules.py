"""Checks that are rows of a table: requests that must be refused, and requests that must be accepted. Pure.

`registry.check_each` announces them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_conformance.model.record.controls import AnyCode, accepted, refused
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """Every exchange of a probe with one of these labels is refused, while its `control` is accepted.

    Refused with 4xx, or with the status, and with the code if one is given. `expected` states this as text;
    by default it is built from status and code.
    """

    probe: str
    labels: Sequence[str]
    status: int | None = None
    code: str | AnyCode | None = None
    expected: str = ""
    control: str = field(kw_only=True)

    def __call__(self, record: Record) -> Verdict:
        words = [str(word) for word in (self.status, self.code) if isinstance(word, int | str)]
        return refused(
            record,
            self.probe,
            self.labels,
            control=self.control,
            expected=self.expected or " ".join(words) or "4xx",
            status=self.status,
            codes=frozenset({self.code}) if isinstance(self.code, str) else self.code,
        )


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Every exchange of a probe with one of these labels is answered 2xx."""

    probe: str
    labels: Sequence[str]
    expected: str = "accepted"

    def __call__(self, record: Record) -> Verdict:
        return accepted(record, self.probe, self.labels, self.expected)
