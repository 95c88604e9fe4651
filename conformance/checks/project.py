"""Projects, roles, keys."""

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.callers import OWNER, Key
from sigmic_conformance.conformance.model.operations import (
    CHANGES,
    GET,
    HISTORY,
    LIST,
    STREAM,
)
from sigmic_conformance.conformance.model.requests import is_well_formed, query_of
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.seen_requests import is_refused_as, is_viewer
from sigmic_conformance.conformance.registry import check


@check("PROJECT-005", *CHANGES, reason="wrong-role")
def viewers_change_nothing(seen: Seen) -> Findings:
    """Every change by a viewer's key is refused with 403 FORBIDDEN."""
    if is_viewer(seen) and is_well_formed(seen.operation, seen.exchange):
        yield from is_refused_as(seen, "the key is a viewer's", status=403, code="FORBIDDEN")


@check("PROJECT-005", GET, HISTORY, STREAM, LIST, reason="wrong-role")
def viewers_read_codes(seen: Seen) -> Findings:
    """A viewer's key can read the tasks of its project, in any state."""
    owner = seen.task.owner if seen.task else None
    theirs = seen.operation == LIST or owner == Key(OWNER)
    if is_viewer(seen) and theirs and not query_of(seen.exchange.sent) and seen.was_told:
        yield says(seen.exchange.succeeded, "the key is a viewer's", summary(seen.exchange))
