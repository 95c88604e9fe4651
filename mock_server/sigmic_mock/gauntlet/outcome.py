"""The outcome of one run of the command: survived, failed, hung, or the fault did not fire. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sigmic_mock.faults.fault import Fault
from sigmic_mock.gauntlet.run_folder import Totals


class FaultOutcome(StrEnum):
    """How a client came through one fault."""

    SURVIVED = "survived"
    FAILED = "failed"
    HUNG = "hung"
    NOT_MET = "never fired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How the command ended: `code` is its exit code, None after a timeout; `last` its last output.

    `failed` is the line of its output that names the first failed test, or empty.
    """

    code: int | None
    seconds: float
    last: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One fault, and how the client came through it."""

    fault: Fault
    outcome: FaultOutcome
    why: str
    ended: Ended
    totals: Totals

    @property
    def is_weakness(self) -> bool:
        """True when the client must be fixed."""
        return self.outcome in {FaultOutcome.FAILED, FaultOutcome.HUNG}

    def as_json(self) -> dict[str, Any]:
        """Return it for the report."""
        return {
            "fault": self.fault.id,
            "class": self.fault.kind.value,
            "requirement": self.fault.row,
            "outcome": self.outcome.value,
            "why": self.why,
            "learns": self.fault.learns,
            "guide": self.fault.guide,
            "fired": self.totals.fired,
            "exit_code": self.ended.code,
            "seconds": round(self.ended.seconds, 3),
            "requests": self.totals.requests,
            "tasks": self.totals.tasks,
            "messages": self.totals.messages,
            "last_output": self.ended.last,
        }


def judge(ended: Ended, totals: Totals, healthy: Totals, *, may_repeat: bool) -> tuple[FaultOutcome, str]:
    """Return the outcome and why. A fault that never fired is never survived."""
    unmet = "" if totals.fired else ", though the fault never fired: the command is not reliable"
    if ended.code is None:
        return FaultOutcome.HUNG, f"still running after {ended.seconds:.0f} s{unmet}"
    if ended.code != 0:
        said = ended.failed or ended.last.rpartition("\n")[2]
        return FaultOutcome.FAILED, f"exit code {ended.code}{unmet}{said and ': '}{said}"
    if not totals.fired:
        return FaultOutcome.NOT_MET, "the client did nothing that this fault acts on"
    difference = _difference(totals, healthy)
    if difference and not may_repeat:
        return FaultOutcome.FAILED, f"exit code 0, but {difference}"
    return FaultOutcome.SURVIVED, ""


def _difference(totals: Totals, healthy: Totals) -> str:
    """Describe what was done twice or not at all, compared with the healthy run."""
    said = []
    for what, now, before in (
        ("tasks", totals.tasks, healthy.tasks),
        ("messages", totals.messages, healthy.messages),
    ):
        if now != before:
            word = "something was done twice" if now > before else "something was lost"
            said.append(f"{now} {what} where the healthy run left {before} ({word})")
    return ", ".join(said)
