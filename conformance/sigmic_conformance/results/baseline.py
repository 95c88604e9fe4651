"""Known failures of a target, and when an entry is stale or invalid.

An entry names a check, a target, a reason code, an owner and a last day. It excuses exactly that verdict. If
the check no longer fails, fails for another reason or does not exist, or the entry has expired, the entry is
itself a problem: so the list cannot only grow. A check that is known to be flaky may also pass, so its entry
is valid for at most a month. Pure: no clock, no file.
"""

import glob
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from sigmic_conformance.model.record.verdict import Outcome, Verdict

FLAKY_DAYS = 30
"""How far ahead the last day of a flaky entry may be: it is never stale, so it must expire."""


class Known(StrEnum):
    """The known result of a check."""

    FAILING = "failing"  # it must fail: if it passes, the entry is stale
    FLAKY = "flaky"  # it may fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known failure. `expires` is the last day on which it is valid."""

    check: str
    target: str
    reason: str | None
    owner: str
    expires: date
    why: str
    outcome: Outcome = Outcome.FAILED
    link: str = ""
    known: Known = Known.FAILING

    def concerns(self, target: str) -> bool:
        """True if the entry is about the target with this base URL."""
        return fnmatchcase(target, self.target)

    def says(self, verdict: Verdict) -> bool:
        """True if the entry excuses exactly this verdict."""
        return (verdict.outcome, verdict.reason) == (self.outcome, self.reason)


class Trouble(StrEnum):
    """What is wrong with an entry."""

    STALE = "stale"  # the check no longer fails
    OTHERWISE = "fails-otherwise"  # it fails for another reason
    EXPIRED = "expired"
    LONG = "holds-too-long"  # known to be flaky for longer than a month
    NOTHING = "matches-nothing"  # no such row, or the run did not check it
    TWICE = "named-twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A stale or invalid entry; `text` is one line for a reader."""

    check: str
    trouble: Trouble
    text: str


@dataclass(frozen=True, slots=True)
class BaselineResult:
    """A baseline applied to a run: the excused rows, its problems, and other targets with entries."""

    excused: frozenset[str]
    problems: tuple[Problem, ...]
    elsewhere: tuple[str, ...] = ()
    """The targets of entries about other targets than the tested one."""


def pattern_of(target: str) -> str:
    """The glob for the target of a new entry: a server that is started for each run has varying ports."""
    url = urlsplit(target)
    literal = glob.escape(target)
    return literal.replace(f":{url.port}", ":*", 1) if url.port is not None else literal


def about_others(targets: Collection[str]) -> str:
    """The message about entries that were not compared with the run."""
    return f"entries for other targets were ignored: {', '.join(targets)}"


def compare(
    entries: Collection[Entry],
    verdicts: Mapping[str, Verdict],
    *,
    target: str,
    today: date,
    selected: Collection[str] | None = None,
) -> BaselineResult:
    """Compare the entries about `target` with the verdicts of a run.

    `selected` names the rows of a run over part of the ledger: entries about other rows are then ignored.
    """
    elsewhere = {entry.target for entry in entries if not entry.concerns(target)}
    mine = [entry for entry in entries if entry.concerns(target)]
    mine = [entry for entry in mine if selected is None or entry.check in selected]
    problems = list(_twice(mine))
    excused: set[str] = set()
    for entry in mine:
        verdict = verdicts.get(entry.check)
        problem = _problem(entry, verdict, today)
        if problem is not None:
            problems.append(problem)
        elif verdict is not None and entry.says(verdict):
            excused.add(entry.check)
    return BaselineResult(frozenset(excused), tuple(problems), tuple(sorted(elsewhere)))


def _twice(entries: Collection[Entry]) -> Iterator[Problem]:
    checks = [entry.check for entry in entries]
    for check in sorted({check for check in checks if checks.count(check) > 1}):
        text = f"{check} has more than one entry for this target"
        yield Problem(check=check, trouble=Trouble.TWICE, text=text)


def _problem(entry: Entry, verdict: Verdict | None, today: date) -> Problem | None:
    if verdict is None:
        trouble, text = Trouble.NOTHING, "the run tested no such requirement"
    elif entry.expires < today:
        trouble, text = Trouble.EXPIRED, f"expired on {entry.expires}, owner {entry.owner}"
    elif entry.known is Known.FLAKY and entry.expires > today + timedelta(days=FLAKY_DAYS):
        trouble, text = Trouble.LONG, f"is called flaky until {entry.expires}: {FLAKY_DAYS} days at most"
    elif entry.says(verdict) or (entry.known is Known.FLAKY and verdict.outcome.proves):
        return None
    elif verdict.outcome.proves:
        trouble, text = Trouble.STALE, f"is {verdict.outcome} now: remove the entry"
    else:
        was, now = entry.outcome.with_reason(entry.reason), verdict.outcome.with_reason(verdict.reason)
        trouble, text = Trouble.OTHERWISE, f"the entry says {was}, the run {now}"
    return Problem(check=entry.check, trouble=trouble, text=f"{entry.check} {text}")
