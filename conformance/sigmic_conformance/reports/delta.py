"""What changed between two runs: for a terminal, and as Markdown for a comment. Pure.

A change for the worse has the finding of the later run, so that nobody has to open that run to understand it.
"""

from collections.abc import Iterator, Sequence

from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.reports.five_lines import Asked, Finding, finding
from sigmic_conformance.reports.markdown import code
from sigmic_conformance.results.comparison import Change
from sigmic_conformance.results.saved import SavedRun
from sigmic_spec.plural import plural

MOST = 50
"""The most changes of one kind: a comment has a limited size."""


class Delta:
    """The changes from one run to `after`; `choices` are those of the target's that changed."""

    def __init__(self, found: Sequence[Change], after: SavedRun, choices: Sequence[str] = ()) -> None:
        self._found, self._after, self._choices = found, after, choices
        self._asked = {row["id"]: Asked.saved(row) for row in after.document["verdicts"]}

    def lines(self) -> Iterator[str]:
        """For a terminal: changes for the worse with their findings, then the others, then choices."""
        for each in (change for change in self._found if change.is_worse):
            yield from self._in_full(each)
        yield from (each.text() for each in self._found if not each.is_worse)
        yield from self._choices
        worse = sum(each.is_worse for each in self._found)
        yield f"{plural(len(self._found), 'verdict')} changed, {worse} of them for the worse"
        yield f"{plural(len(self._choices), 'choice')} of the target changed"

    def markdown(self) -> Iterator[str]:
        """For a comment: a headline, and a list for each kind of change that occurs."""
        broken = [each for each in self._found if each.is_broken]
        fixed = [each for each in self._found if each.is_fixed]
        others = [each for each in self._found if not (each.is_broken or each.is_fixed)]
        more = plural(len(others), "other change")
        yield f"**Conformance**: {len(broken)} broken, {len(fixed)} fixed, {more}"
        for title, items in (
            ("Broken", [[code(each.text()), *self._bullets(each)] for each in broken]),
            ("Fixed", [[code(each.text())] for each in fixed]),
            ("Other changes", [[code(each.text())] for each in others]),
            ("Other choices of the target", [[code(each)] for each in self._choices]),
        ):
            if not items:
                continue
            yield ""
            yield f"### {title}"
            yield ""
            for line, *more_lines in items[:MOST]:
                yield f"- {line}"
                yield from (f"  {each}" for each in more_lines)
            if len(items) > MOST:
                yield f"- and {len(items) - MOST} more"

    def _in_full(self, change: Change) -> Iterator[str]:
        """The change with its finding, in at most five lines."""
        yield f"{change.text()}: {self._asked[change.id].statement}"
        if change.after is not None:
            _, *facts = self._finding(change.id, change.after).lines()
            yield from facts

    def _bullets(self, change: Change) -> Iterator[str]:
        yield f"- {code(self._asked[change.id].statement)}"
        if change.after is not None:
            facts = self._finding(change.id, change.after).facts
            yield from (f"- {fact.name}: {code(fact.text)}" for fact in facts)

    def _finding(self, id: str, verdict: Verdict) -> Finding:
        target, folder = self._after.profile.base_url, str(self._after.folder)
        return finding(self._asked[id], verdict, target=target, folder=folder)
