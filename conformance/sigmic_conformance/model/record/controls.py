"""Paired controls: a refusal counts only with an accepted control that differs in one thing."""

from collections.abc import Callable, Container, Iterable

from sigmic_conformance.model.record.evidence import cite, summary
from sigmic_conformance.model.record.front_ends import may_have_answered
from sigmic_conformance.model.record.observations import Observations
from sigmic_conformance.model.record.record import NotRecorded, Record
from sigmic_conformance.model.record.verdict import Unproven, Verdict, inconclusive
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
) -> Verdict:
    """Every exchange with one of the labels must be refused: 4xx, or this status, with one of these codes.

    An accepted exchange is a violation by itself. The refusals need an accepted control, else nothing is
    proven: `inconclusive(control-failed)`.
    """
    found = (exchange for label in labels for exchange in _labelled(record, probe, label))
    return refusals(
        found, control=lambda: record.exchange(probe, control), expected=expected, status=status, codes=codes
    )


def refusals(
    exchanges: Iterable[Exchange],
    *,
    control: Exchange | Callable[[], Exchange],
    expected: str,
    status: int | None = None,
    codes: Container[str] | None = None,
) -> Verdict:
    """The same for exchanges that were selected differently.

    Pass a control that may be missing from the record as a function: accepted exchanges still count then.
    """
    observations = Observations("not-refused", expected)
    asked: list[Exchange] = []
    try:
        for exchange in exchanges:
            asked.append(exchange)  # noqa: PERF402  what came before the exception counts
        accepted = control() if callable(control) else control
    except NotRecorded:
        if _any_accepted(observations, asked):
            return observations.verdict()
        raise
    if not accepted.ok:
        if _any_accepted(observations, asked):
            return observations.verdict()
        return control_failed(accepted, f"the control was not accepted: {summary(accepted)}")
    for exchange in asked:
        if exchange.refused and exchange.closed in {Closed.RESET, Closed.TRUNCATED}:
            continue  # a network cut the refusal off before its code arrived
        observations.add(
            is_refusal(exchange, status=status, codes=codes),
            exchange,
            summary(exchange),
            reason=_reason(exchange, status=status, codes=codes),
        )
    return observations.verdict()


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


def control_failed(control: Exchange, observed: str) -> Verdict:
    """Nothing is proven, because of what was observed of a control."""
    return inconclusive(Unproven.CONTROL_FAILED, observed, cite(control))


def _any_accepted(observations: Observations, exchanges: Iterable[Exchange]) -> bool:
    """Add accepted exchanges as violations; True if there was one."""
    accepted = [exchange for exchange in exchanges if exchange.succeeded]
    for exchange in accepted:
        observations.broken(exchange, summary(exchange), reason="accepted")
    return bool(accepted)


def _reason(exchange: Exchange, *, status: int | None, codes: Container[str] | None) -> str:
    if exchange.status is None:
        return "no-answer"
    if exchange.succeeded:
        return "accepted"
    if not exchange.refused:
        return "server-error"
    if status is not None and exchange.status != status:
        return "wrong-status"
    return "no-envelope" if codes is ANY_CODE else "wrong-code"


def _labelled(record: Record, probe: str, label: str) -> tuple[Exchange, ...]:
    found = record.labelled(probe, label)
    if not found:
        raise NotRecorded(f"{probe}: no exchange {label!r} was recorded")
    return found


def accepted(record: Record, probe: str, labels: Iterable[str], expected: str = "accepted") -> Verdict:
    """The exchanges with these labels are answered 2xx."""
    observations = Observations("refused", expected)
    for label in labels:
        exchange = record.exchange(probe, label)
        observations.add(exchange.ok, exchange, f"{label}: {summary(exchange)}")
    return observations.verdict()
