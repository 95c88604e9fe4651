"""What changed between two runs, as Markdown for a comment: broken, fixed and other rows. Pure."""

from collections.abc import Iterator, Sequence

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.markdown import code
from sigmic_conformance.results.comparison import Change
from sigmic_spec.plural import plural

MOST = 50
"""The most changes of one kind: a comment has a limited size."""


def delta(found: Sequence[Change], choices: Sequence[str] = ()) -> Iterator[str]:
    """A headline, and a list for each kind of change that occurs; `choices` are those that changed."""
    broken = [each for each in found if each.after is not None and each.after.outcome is Outcome.FAILED]
    fixed = [
        each
        for each in found
        if each.before is not None
        and each.before.outcome is Outcome.FAILED
        and each.after is not None
        and each.after.outcome.proves
    ]
    others = [each for each in found if each not in broken and each not in fixed]
    more = plural(len(others), "other change")
    yield f"**Conformance**: {len(broken)} broken, {len(fixed)} fixed, {more}"
    for title, lines in (
        ("Broken", [each.text() for each in broken]),
        ("Fixed", [each.text() for each in fixed]),
        ("Other changes", [each.text() for each in others]),
        ("Other choices of the target", choices),
    ):
        if not lines:
            continue
        yield ""
        yield f"### {title}"
        yield ""
        yield from (f"- {code(each)}" for each in lines[:MOST])
        if len(lines) > MOST:
            yield f"- and {len(lines) - MOST} more"
