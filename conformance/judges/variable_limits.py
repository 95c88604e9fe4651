"""VARS: limits of number, size and name, and what env of a token's task is."""

from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.readings import Pin
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Verdict
from sigmic_conformance.conformance.registry import judge

LIMITS, TOKEN = "variable_limits", "token_env"


def invalid(record: Record, *labels: str) -> Verdict:
    """Refused with 400 INVALID_ENV, beside a task at the limits."""
    return refused(
        record,
        LIMITS,
        labels,
        twin="at the limits",
        expected="400 INVALID_ENV",
        status=400,
        codes=frozenset({"INVALID_ENV"}),
    )


@judge("VARS-011", LIMITS)
def too_many_or_too_large(record: Record) -> Verdict:
    return invalid(record, "too many", "too many secrets", "too large")


@judge("VARS-012", LIMITS)
def reserved_names(record: Record) -> Verdict:
    labels = [each.label for each in record.exchanges(LIMITS) if each.label.startswith("reserved ")]
    return invalid(record, *labels)


@judge("VARS-018", LIMITS)
def names_outside_ascii(record: Record) -> Verdict:
    return invalid(record, "not ASCII")


@judge("VARS-016", TOKEN)
def env_of_a_token(record: Record) -> Verdict:
    pin = Pin(no_value="env is null", body_only="env holds what the creation's own body gave")
    own = {"OWN_WORD": record.fact(TOKEN, "own")}
    # A task without variables of its own shows none; which reading it is, only the other one tells.
    for label, given in (("bare", None), ("with env", own)):
        exchange = record.exchange(TOKEN, f"{label}: task")
        data = exchange.data if isinstance(exchange.data, dict) else {}
        env = data.get("env")
        if given is None:
            if env not in (None, {}):
                pin.see(None, exchange, f"{label}: env {env}")
        else:
            reading = "no_value" if env is None else "body_only" if env == own else None
            pin.see(reading, exchange, f"{label}: env {env}")
    return pin.verdict()
