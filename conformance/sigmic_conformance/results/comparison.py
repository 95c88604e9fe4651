"""Compare two saved runs: verdicts, choices of the target, and the versions of the suite. Pure."""

from dataclasses import dataclass

from sigmic_conformance.model.record.verdict import Outcome, Verdict
from sigmic_conformance.results.saved import SavedRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row with a different verdict; None if the run did not check it."""

    id: str
    before: Verdict | None
    after: Verdict | None

    @property
    def is_worse(self) -> bool:
        """True if a row is broken or unproven now, or warned where it did not fail before."""
        if self.after is None or self.is_fixed:
            return False
        return not self.after.outcome.proves or self.after.outcome is Outcome.WARNED

    @property
    def is_broken(self) -> bool:
        """True if the row fails now."""
        return self.after is not None and self.after.outcome is Outcome.FAILED

    @property
    def is_fixed(self) -> bool:
        """True if the row failed and is proven now."""
        failed = self.before is not None and self.before.outcome is Outcome.FAILED
        return failed and self.after is not None and self.after.outcome.proves

    def text(self) -> str:
        """The change as one line."""
        return f"{self.id}  {_said(self.before)} → {_said(self.after)}"


def changes(before: SavedRun, after: SavedRun) -> tuple[Change, ...]:
    """The rows whose outcome or reason changed."""
    rows = sorted(set(before.verdicts) | set(after.verdicts))
    pairs = ((row, before.verdicts.get(row), after.verdicts.get(row)) for row in rows)
    return tuple(
        Change(id=row, before=old, after=new) for row, old, new in pairs if _sense(old) != _sense(new)
    )


def choices_changed(before: SavedRun, after: SavedRun) -> tuple[str, ...]:
    """A line for each question with another answer; one that a run did not show is not compared."""
    old = {each.id: each for each in before.choices if each.answers}
    return tuple(
        f"{each.id}  {old[each.id].text} → {each.text}"
        for each in after.choices
        if each.id in old and each.answers and each.text != old[each.id].text
    )


def circumstances(before: SavedRun, after: SavedRun) -> tuple[str, ...]:
    """What else differs: the suite, the ledger, the target's profile."""
    lines = [
        f"{name}: {before.document[name]} → {after.document[name]}"
        for name in ("suite", "ledger", "strict")
        if before.document.get(name) != after.document.get(name)
    ]
    old, new = before.document["target"], after.document["target"]
    keys = sorted(set(old) | set(new))
    lines += [
        f"target.{key}: {old.get(key)} → {new.get(key)}" for key in keys if old.get(key) != new.get(key)
    ]
    return tuple(lines)


def _sense(verdict: Verdict | None) -> object:
    return verdict and (verdict.outcome, verdict.reason)


def _said(verdict: Verdict | None) -> str:
    return "not tested" if verdict is None else verdict.outcome.with_reason(verdict.reason)
