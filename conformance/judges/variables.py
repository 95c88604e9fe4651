"""VARS: env and secrets reach the sandbox of their own task; secrets appear nowhere else."""

import re

from sigmic_conformance.conformance.judging.controls import refused
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

PROBE = "environment"
REFUSALS = "creation_refusals"
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")


def printed(stream: Stream, name: str) -> list[str]:
    """The digests in the results of the calls that hashed a variable."""
    calls = {event.call for event in stream.of("tool_call") if f"${name}" in str(event.get("args"))}
    return [
        digest
        for event in stream.of("tool_result")
        if event.call in calls
        for digest in DIGEST.findall(str(event.get("output")))
    ]


def reached(record: Record, name: str, reason: str, expected: str) -> Verdict:
    """The digest of the variable, as the sandbox sees it, is that of the value given."""
    stream = record.stream(PROBE, f"{record.fact(PROBE, 'run')}: stream")
    found = printed(stream, name)
    if not found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"no tool printed a digest of {name}")
    claim = Claim(reason, expected)
    claim.see(record.fact(PROBE, "digests")[name] in found, stream.exchange, f"sha256 of ${name}: {found[0]}")
    return claim.verdict()


@judge("VARS-001", PROBE)
def accepted(record: Record) -> Verdict:
    claim = Claim("refused", "env and secrets are accepted")
    exchange = record.exchange(PROBE, f"{record.fact(PROBE, 'run')}: create")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


@judge("VARS-002", PROBE)
def env_is_returned(record: Record) -> Verdict:
    claim = Claim("other-env", "the env given at creation")
    exchange = record.exchange(PROBE, "read back")
    env = exchange.fields.get("env")
    claim.see(env == record.fact(PROBE, "env"), exchange, f"env {env}")
    return claim.verdict()


@judge("VARS-003", PROBE, sweep=True)
def secrets_never_come_back(record: Record) -> Verdict:
    claim = Claim("secret-shown", "no secret value in any captured byte of the run")
    placeholders = [each.encode() for each in record.fact(PROBE, "placeholders")]
    for exchange in record.exchanges():
        seen = exchange.head + exchange.body
        claim.see(not any(each in seen for each in placeholders), exchange, f"searched {summary(exchange)}")
    return claim.verdict()


@judge("VARS-004", PROBE)
def env_reaches_the_sandbox(record: Record) -> Verdict:
    return reached(record, "PLAIN_WORD", "not-in-environment", "the value of env in the environment")


@judge("VARS-005", PROBE)
def secrets_reach_the_sandbox(record: Record) -> Verdict:
    return reached(record, "SECRET_WORD", "not-in-environment", "the value of secrets in the environment")


@judge("VARS-006", PROBE)
def secrets_win(record: Record) -> Verdict:
    return reached(record, "_BOTH", "env-wins", "the value of secrets for a name in both")


@judge("VARS-007", REFUSALS, capabilities=["environment"])
def good_names(record: Record) -> Verdict:
    claim = Claim("refused", "names of letters, digits and underscores are accepted")
    exchange = record.exchange(REFUSALS, "twin with env")
    claim.see(exchange.ok, exchange, summary(exchange))
    return claim.verdict()


BAD_NAMES = ("env name begins with a digit", "env name with a hyphen", "secret name begins with a digit")
BAD_VALUES = ("env value is a number", "secret value is an object")


@judge("VARS-008", REFUSALS, capabilities=["environment"])
def bad_names(record: Record) -> Verdict:
    labels = [f"bad: {name}" for name in BAD_NAMES]
    return refused(record, REFUSALS, labels, twin="twin with env", expected="4xx")


@judge("VARS-009", REFUSALS, capabilities=["environment"])
def bad_values(record: Record) -> Verdict:
    labels = [f"bad: {name}" for name in BAD_VALUES]
    return refused(record, REFUSALS, labels, twin="twin with env", expected="4xx")


@judge("VARS-010", REFUSALS, capabilities=["environment"])
def bad_variables_code(record: Record) -> Verdict:
    return refused(
        record,
        REFUSALS,
        [f"bad: {name}" for name in BAD_NAMES + BAD_VALUES],
        twin="twin with env",
        expected="400 INVALID_ENV",
        status=400,
        codes=frozenset({"INVALID_ENV"}),
    )


@judge("VARS-014", PROBE)
def printed_secrets_are_masked(record: Record) -> Verdict:
    claim = Claim("secret-shown", "a printed secret is masked in result, history and output")
    placeholders = [each.encode() for each in record.fact(PROBE, "placeholders")]
    label = record.fact(PROBE, "printing")
    seen: list[Exchange] = [record.exchange(PROBE, f"{label}: stream")]
    seen += [record.exchange(PROBE, f"printed: {what}") for what in ("read back", "history")]
    for exchange in seen:
        claim.see(
            not any(each in exchange.body for each in placeholders), exchange, f"searched {exchange.label}"
        )
    return claim.verdict()


@judge("VARS-017", PROBE)
def in_no_other_task(record: Record) -> Verdict:
    stream = record.stream(PROBE, f"{record.fact(PROBE, 'other')}: stream")
    claim = Claim("leaked-to-another-task", "in the environment of no other task")
    for name, digest in record.fact(PROBE, "digests").items():
        for found in printed(stream, name):
            claim.see(found != digest, stream.exchange, f"{name} in another task: {found[:16]}…")
    return claim.verdict()
