"""The card of a gauntlet: for people, as JSON, as JUnit. Pure."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from sigmic_mock.gauntlet.outcome import Ended, FaultOutcome, Passage
from sigmic_mock.gauntlet.run_folder import Totals
from sigmic_spec.plural import plural

_NAME = "sigmic-mock gauntlet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The result of a gauntlet. `flags` and `command` are for running a fault again."""

    healthy: Ended
    totals: Totals
    """Of the healthy run."""
    passages: Sequence[Passage]
    flags: Sequence[str]
    command: Sequence[str]

    @property
    def weaknesses(self) -> list[Passage]:
        """Faults that the client did not survive."""
        return [passage for passage in self.passages if passage.is_weakness]

    def count(self, outcome: FaultOutcome) -> int:
        """Return how many ended so."""
        return sum(passage.outcome is outcome for passage in self.passages)

    def again(self, fault: str) -> str:
        """Return the line that runs one fault again."""
        return shlex.join(["sigmic-mock", "gauntlet", "--only", fault, *self.flags, "--", *self.command])

    def as_json(self) -> dict[str, Any]:
        """Return it as one object."""
        return {
            "healthy": {
                "seconds": round(self.healthy.seconds, 3),
                "requests": self.totals.requests,
                "tasks": self.totals.tasks,
                "messages": self.totals.messages,
            },
            "counts": {outcome.value: self.count(outcome) for outcome in FaultOutcome},
            "faults": [each.as_json() | {"again": self.again(each.fault.id)} for each in self.passages],
        }

    def as_text(self) -> str:
        """Return it for people: weaknesses first, each with its lesson, then what did not fire, then sums."""
        lines: list[str] = []
        for passage in self.weaknesses:
            fault = passage.fault
            lines += [
                f"{passage.outcome.upper()}  {fault.id}  ({fault.kind}, {fault.row})",
                f"    seen    {passage.why}",
                f"    learns  {fault.learns}",
                f"    guide   {fault.guide}",
                f"    again   {self.again(fault.id)}",
                "",
            ]
        unmet = [passage.fault.id for passage in self.passages if passage.outcome is FaultOutcome.NOT_MET]
        if unmet:
            lines += [f"NEVER FIRED, so not tested: {', '.join(unmet)}", ""]
        counts = ", ".join(f"{self.count(outcome)} {outcome}" for outcome in FaultOutcome)
        lines.append(
            f"{plural(len(self.passages), 'fault')}: {counts}. Healthy run: {self.healthy.seconds:.1f} s,"
            f" {plural(self.totals.tasks, 'task')}, {plural(self.totals.messages, 'message')}."
        )
        return "\n".join(lines)

    def as_junit(self) -> str:
        """Return it as a JUnit test suite: a weakness is a failure, a fault that did not fire is skipped."""
        suite = ET.Element(
            "testsuite",
            name=_NAME,
            tests=str(len(self.passages)),
            failures=str(len(self.weaknesses)),
            skipped=str(self.count(FaultOutcome.NOT_MET)),
            time=f"{sum(passage.ended.seconds for passage in self.passages):.3f}",
        )
        for passage in self.passages:
            case = ET.SubElement(
                suite,
                "testcase",
                classname=f"gauntlet.{passage.fault.kind}",
                name=passage.fault.id,
                time=f"{passage.ended.seconds:.3f}",
            )
            if passage.is_weakness:
                kind, why = passage.outcome.value, _legal(passage.why)
                told = ET.SubElement(case, "failure", type=kind, message=why)
                again = self.again(passage.fault.id)
                told.text = _legal(
                    f"{passage.fault.learns}\n{passage.fault.guide}\n{passage.ended.last}\n{again}"
                )
            elif passage.outcome is FaultOutcome.NOT_MET:
                ET.SubElement(case, "skipped", message=passage.why)
        return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _legal(text: str) -> str:
    """Leave out characters that XML cannot hold: control characters."""
    return "".join(each for each in text if each in "\t\n" or (each >= " " and each not in "\ufffe\uffff"))
