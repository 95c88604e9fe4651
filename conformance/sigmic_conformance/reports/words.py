"""Codes as text: what a run found, why a row is unproven and what would prove it. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sigmic_conformance.exit_codes import MEANING, ExitCode
from sigmic_conformance.model.record.front_ends import GATHERED_REMEDY
from sigmic_conformance.model.record.verdict import Outcome, Unproven
from sigmic_conformance.wire.transcript import Closed
from sigmic_spec.plural import plural

ORDER = (
    Outcome.ERRORED,
    Outcome.FAILED,
    Outcome.INCONCLUSIVE,
    Outcome.BLOCKED,
    Outcome.WARNED,
    Outcome.INFO,
    Outcome.PASSED,
    Outcome.INAPPLICABLE,
)
"""The outcomes in the order of a report: those that need attention first."""

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ERRORED: "the suite itself broke here",
    Outcome.FAILED: "the requirement is broken",
    Outcome.INCONCLUSIVE: "not proven: the check could not decide",
    Outcome.BLOCKED: "not proven: a prerequisite failed",
    Outcome.WARNED: "passed with a warning: clients may have problems",
    Outcome.INFO: "information only: not required of this target",
    Outcome.PASSED: "fulfilled, with evidence",
    Outcome.INAPPLICABLE: "the profile says that the target does not have it",
}

CAUSES: Mapping[str, tuple[str, str]] = {
    Unproven.STIMULUS_NOT_REACHED: (
        "the agent did not do what the probe asked of it",
        "use an agent that follows plain instructions, or a system prompt that allows it",
    ),
    Unproven.CONTROL_FAILED: (
        "the accepted control of the request was refused as well, so the refusal shows nothing",
        "fix the request that should be accepted",
    ),
    Unproven.TIMING_NOISE: (
        "the machine that ran the suite was too busy to measure such times",
        "use a quiet machine near the target",
    ),
    Unproven.PRECONDITION: (
        "the profile does not give what the requirement needs",
        "add it to the profile: a second key, widget credentials, or a way to end sessions",
    ),
    Unproven.TARGET_THROTTLED: (
        "the target kept answering 429",
        "raise the target's limits for the suite's key, or lower `concurrency` in the profile",
    ),
    Unproven.STREAM_HELD_BACK: (
        "nothing of the stream came while the task ran: something on the way buffers it",
        GATHERED_REMEDY,
    ),
    Unproven.TARGET_GONE: (
        "the target became unreachable before the requirement could be tested",
        "keep the target up for the whole run",
    ),
    Unproven.BUDGET: (
        "the time or the bytes that the profile allows were spent",
        "raise `budget` in the profile",
    ),
    Unproven.ZERO_OBSERVATIONS: (
        "the run had no exchange that this requirement applies to",
        "run all requirements (--tier full); if the target doesn't have this behaviour, it stays open",
    ),
    Outcome.BLOCKED: (
        "an earlier step failed, so that this one was never reached",
        "fix the named cause first",
    ),
    Outcome.ERRORED: ("the suite itself broke", "report it, with the report folder"),
}
"""For each reason of an undecided row: what happened, and what would prove the row."""


CLOSED: Mapping[Closed, str] = {
    Closed.COMPLETE: "ended by the server",
    Closed.TRUNCATED: "cut by the server",
    Closed.RESET: "reset",
    Closed.REFUSED: "refused",
    Closed.DEADLINE: "timed out waiting",
    Closed.BOUND: "more than the suite takes",
    Closed.MALFORMED: "no HTTP",
    Closed.HUNG_UP: "left by the suite",
    Closed.OPEN: "still open",
}
"""How an exchange ended."""


def verdict_in_words(document: Mapping[str, Any]) -> str:
    """The headline of a result: one sentence that never hides an excused, unproven or unselected row."""
    code = ExitCode(document["exit_code"])
    if document["problem"]:
        told = any(row["outcome"] == Outcome.PASSED for row in document["verdicts"])
        return f"Not tested{' to the end' if told else ''}: {document['problem']}"
    excused = set(document.get("baseline", {}).get("excused", ()))
    counted = Counter(row["outcome"] for row in document["verdicts"] if row["id"] not in excused)
    if code is ExitCode.OK:
        left = "Conformant"
        if excused:
            sentence = nothing_beyond(len(excused))
            left = f"{sentence[0].upper()}{sentence[1:]}"
        if document.get("selection"):
            return f"{left}, as far as the selected part goes: {document['selection']}"
        if document.get("unselected"):
            rows = plural(len(document["unselected"]), "requirement")
            return f"{left}, as far as the tier {document.get('tier')} goes, which leaves out {rows}"
        warned = counted[Outcome.WARNED]
        return left + (f", with {plural(warned, 'warning')}" if warned else "")
    if code is ExitCode.FAILED:
        known = f", besides {len(excused)} known to the baseline" if excused else ""
        return f"Not conformant: {plural(counted[Outcome.FAILED], 'requirement')} broken{known}"
    if code is ExitCode.UNPROVEN:
        unproven = counted[Outcome.INCONCLUSIVE] + counted[Outcome.BLOCKED]
        return f"Not proven: {plural(unproven, 'requirement')} could not be decided"
    return f"No clean result: {MEANING.get(code, 'see the exit code')}"


def nothing_beyond(excused: int) -> str:
    """What exit code 0 means if the baseline excuses this number of rows: green, but not conformant."""
    return f"not conformant, but nothing beyond the {excused} known to the baseline"


def conformance(excused: int, *, whole: bool) -> str:
    """What exit code 0 means if the run tested every requirement (`whole`), or only some of them."""
    if excused:
        return nothing_beyond(excused)
    return "conformant" if whole else MEANING[ExitCode.OK]


def exit_in_words(document: Mapping[str, Any]) -> str:
    """The meaning of the exit code; empty if it has no text."""
    code = ExitCode(document["exit_code"])
    if code is not ExitCode.OK:
        return MEANING.get(code, "")
    excused = document.get("baseline", {}).get("excused", ())
    return conformance(len(excused), whole=not (document.get("selection") or document.get("unselected")))


def claim_in_words(claim: Mapping[str, Any]) -> str:
    """The claim for a part of the API, as in `not proven: 3 unproven, 12 not checked`."""
    counted = (("broken", "broken"), ("unproven", "unproven"), ("unjudged", "not tested"))
    told = [f"{claim[key]} {words}" for key, words in counted if claim[key]]
    return ": ".join([str(claim["standing"]), *([", ".join(told)] if told else [])])


def when(document: Mapping[str, Any]) -> str:
    """Return the time at which the run started: `2026-11-24 20:13:20 UTC`."""
    moment = datetime.fromisoformat(document["started_at"]).astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def reason_in_words(outcome: str, reason: str | None) -> str:
    """The reason of a verdict, as text."""
    cause = CAUSES.get(reason or outcome)
    if cause is not None:
        return cause[0]
    return reason.replace("-", " ") if reason else ""


def cause(outcome: str, reason: str | None) -> tuple[str, str]:
    """Why a row is undecided, and what would decide it."""
    known = CAUSES.get(reason or outcome) or CAUSES.get(outcome)
    return known or (reason_in_words(outcome, reason) or "the check could not decide", "see the requirement")
