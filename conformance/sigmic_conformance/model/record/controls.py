"""Paired controls: a refusal counts only with an accepted control that differs in one thing."""

from collections.abc import Callable, Container, Iterable

from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.finding import Finding, Findings, breaks, left_open, says
from sigmic_conformance.model.record.front_ends import may_have_answered
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.transcript import Closed, Exchange


class AnyCode:
    """A container of all codes."""

    def __contains__(self, code: object) -> bool:
        return code != ""


ANY_CODE = AnyCode()
"""For `codes`: any code is accepted, but it must be in an error envelope."""


def refused(
    record: Record,
    probe: str,
    labels: Iterable[str],
    *,
    control: str,
    expected: str,
    status: int | None = None,
    codes: Container[str] | None = None,
) -> Findings:
    """Every exchange with one of the labels is refused: 4xx, or this status, with one of these codes.

    An accepted exchange is a violation by itself. The refusals need an accepted control, else nothing is
    proven: `control-failed`.
    """
    found = (exchange for label in labels for exchange in _labelled(record, probe, label))
    return refusals(
        found, control=lambda: record.exchange(probe, control), expected=expected, status=status, codes=codes
    )


def refusals(
    exchanges: Iterable[Exchange],
    *,
    control: Callable[[], Exchange],
    expected: str,
    status: int | None = None,
    codes: Container[str] | None = None,
    if_accepted: str = "accepted",
) -> Findings:
    """The same for exchanges that were selected differently; `if_accepted` is the reason of the violation."""
    asked: list[Exchange] = []
    for exchange in exchanges:
        if exchange.succeeded:
            yield breaks(expected, summary(exchange), exchange=exchange, reason=if_accepted)
        else:
            asked.append(exchange)
    accepted = control()
    if not accepted.ok:
        yield control_failed(accepted, f"the control was not accepted: {summary(accepted)}")
        return
    for exchange in asked:
        if exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}:
            continue  # a network cut the refusal off before its code arrived
        yield says(
            is_refusal(exchange, status=status, codes=codes),
            expected,
            summary(exchange),
            exchange=exchange,
            reason=_reason(exchange, status=status, codes=codes),
        )


def is_refusal(exchange: Exchange, *, status: int | None = None, codes: Container[str] | None = None) -> bool:
    """True for a complete 4xx answer with the status and one of the codes, if these are given.

    A refusal that a front end may have sent instead of the API needs no code.
    """
    return (
        exchange.refused
        and exchange.closed is Closed.COMPLETE
        and (status is None or exchange.status == status)
        and (codes is None or (exchange.code or "") in codes or may_have_answered(exchange))
    )


def control_failed(control: Exchange, observed: str) -> Finding:
    """Nothing is proven, because of what a control showed."""
    return left_open(Unproven.CONTROL_FAILED, "", observed, exchange=control)


def _reason(exchange: Exchange, *, status: int | None, codes: Container[str] | None) -> str:
    if exchange.status is None:
        return "no-answer"
    if not exchange.refused:
        return "server-error"
    if status is not None and exchange.status != status:
        return "wrong-status"
    return "no-envelope" if codes is ANY_CODE else "wrong-code"


def _labelled(record: Record, probe: str, label: str) -> tuple[Exchange, ...]:
    found = record.labelled(probe, label)
    if not found:
        raise NotRecorded(f"{probe}: no exchange {spelled(label)} was recorded")
    return found


def accepted(record: Record, probe: str, labels: Iterable[str], known: str) -> Findings:
    """The exchanges with these labels are answered 2xx."""
    for label in labels:
        exchange = record.exchange(probe, label)
        yield says(exchange.ok, known, f"{label}: {summary(exchange)}", exchange=exchange)
