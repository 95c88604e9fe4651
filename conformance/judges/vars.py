"""VARS: env and secrets reach the sandbox of their own task; their limits; secrets appear nowhere else."""

from sigmic_conformance.conformance.judging.controls import refusals
from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.labels.create import BadBody, CreationRefusals
from sigmic_conformance.conformance.labels.token import TokenVariables
from sigmic_conformance.conformance.labels.vars import Environment
from sigmic_conformance.conformance.labels.vars_limits import TokenEnv, VariableLimits
from sigmic_conformance.conformance.model.secrets import text_of
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript.transcript import Exchange

BAD_NAMES: tuple[BadBody, ...] = (
    "env name begins with a digit",
    "env name with a hyphen",
    "secret name begins with a digit",
)
BAD_VALUES: tuple[BadBody, ...] = ("env value is a number", "secret value is an object")


def reached(record: Record, name: str, reason: str, expected: str) -> Verdict:
    """The digest of the variable, as the sandbox sees it, is that of the value given."""
    stream = record.stream(record.fact(Environment.RUN).stream)
    found = printed(stream, name)
    if not found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"no tool printed a digest of {name}")
    observations = Observations(reason, expected)
    observations.add(
        record.fact(Environment.DIGESTS)[name] in found, stream.exchange, f"sha256 of ${name}: {found[0]}"
    )
    return observations.verdict()


judge_each(
    __name__,
    {
        "VARS-011": Refusal(
            [VariableLimits.TOO_MANY, VariableLimits.TOO_MANY_SECRETS, VariableLimits.TOO_LARGE],
            400,
            "INVALID_ENV",
            control=VariableLimits.AT_THE_LIMITS,
        ),
        "VARS-018": Refusal(
            [VariableLimits.NOT_ASCII], 400, "INVALID_ENV", control=VariableLimits.AT_THE_LIMITS
        ),
    },
)

judge_each(
    __name__,
    {
        "VARS-007": Acceptance(
            [CreationRefusals.TWIN_WITH_ENV], "names of letters, digits and underscores are accepted"
        ),
        "VARS-008": Refusal(
            [CreationRefusals.BAD.of(name) for name in BAD_NAMES], control=CreationRefusals.TWIN_WITH_ENV
        ),
        "VARS-009": Refusal(
            [CreationRefusals.BAD.of(name) for name in BAD_VALUES], control=CreationRefusals.TWIN_WITH_ENV
        ),
        "VARS-010": Refusal(
            [CreationRefusals.BAD.of(name) for name in BAD_NAMES + BAD_VALUES],
            400,
            "INVALID_ENV",
            control=CreationRefusals.TWIN_WITH_ENV,
        ),
    },
    capabilities=["environment"],
)


@judge("VARS-001", Environment.PROBE)
def accepted(record: Record) -> Verdict:
    observations = Observations("refused", "env and secrets are accepted")
    exchange = record.exchange(record.fact(Environment.RUN).create)
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("VARS-002", Environment.PROBE)
def env_is_returned(record: Record) -> Verdict:
    observations = Observations("other-env", "the env given at creation")
    exchange = record.exchange(Environment.READ_BACK)
    env = exchange.fields.get("env")
    observations.add(env == record.fact(Environment.ENV), exchange, f"env {env}")
    return observations.verdict()


@judge("VARS-003", Environment.PROBE, sweep=True)
def secrets_never_come_back(record: Record) -> Verdict:
    # What an agent prints that was told to print it is its word, not the API's: VARS-014 looks at that.
    observations = Observations("secret-shown", "no secret value in anything that the API itself says")
    placeholders = record.fact(Environment.PLACEHOLDERS)
    for exchange in record.exchanges():
        said = text_of(exchange, record.read(exchange) if exchange.is_stream else None)
        shown = [each for each in placeholders if each in said]
        observed = (
            f"{summary(exchange)}: it {'shows a secret that was given' if shown else 'shows no secret'}"
        )
        observations.add(not shown, exchange, observed)
    return observations.verdict()


@judge("VARS-004", Environment.PROBE)
def env_reaches_the_sandbox(record: Record) -> Verdict:
    return reached(record, "PLAIN_WORD", "not-in-environment", "the value of env in the environment")


@judge("VARS-005", Environment.PROBE)
def secrets_reach_the_sandbox(record: Record) -> Verdict:
    return reached(record, "SECRET_WORD", "not-in-environment", "the value of secrets in the environment")


@judge("VARS-006", Environment.PROBE)
def secrets_win(record: Record) -> Verdict:
    return reached(record, "_BOTH", "env-wins", "the value of secrets for a name in both")


@judge("VARS-012", VariableLimits.PROBE)
def reserved_names(record: Record) -> Verdict:
    return refusals(
        record.any_of(VariableLimits.RESERVED),
        control=lambda: record.exchange(VariableLimits.AT_THE_LIMITS),
        expected="400 INVALID_ENV",
        status=400,
        codes=frozenset({"INVALID_ENV"}),
    )


@judge("VARS-014", Environment.PROBE)
def printed_secrets_are_masked(record: Record) -> Verdict:
    observations = Observations("secret-shown", "a printed secret is masked in result, history and output")
    placeholders = [each.encode() for each in record.fact(Environment.PLACEHOLDERS)]
    label = record.fact(Environment.PRINTED)
    seen: list[Exchange] = [record.exchange(label.stream)]
    seen += [record.exchange(each) for each in (Environment.PRINTED_READ_BACK, Environment.PRINTED_HISTORY)]
    for exchange in seen:
        observations.add(
            not any(each in exchange.body for each in placeholders), exchange, f"searched {exchange.label}"
        )
    return observations.verdict()


@judge("VARS-015", TokenVariables.PROBE)
def exchange_variables_stay_hidden(record: Record) -> Verdict:
    observations = Observations("variable-shown", "no value of the exchange's env or secrets")
    words = (record.fact(TokenVariables.ENV), record.fact(TokenVariables.PLACEHOLDER))
    for exchange in record.exchanges(TokenVariables.PROBE):
        body = exchange.body.decode("utf-8", "replace")
        observations.add(not any(word in body for word in words), exchange, f"searched {summary(exchange)}")
    return observations.verdict()


@judge("VARS-016", TokenEnv.PROBE)
def env_of_a_token(record: Record) -> Verdict:
    followed = Reading(no_value="env is null", body_only="env holds what the creation's own body gave")
    own = {"OWN_WORD": record.fact(TokenEnv.OWN)}
    # A task without variables of its own shows none; which reading it is, only the other one tells.
    for label, given in ((TokenEnv.BARE, None), (TokenEnv.WITH_ENV, own)):
        exchange = record.exchange(TokenEnv.TASK.of(label))
        data = exchange.data if isinstance(exchange.data, dict) else {}
        env = data.get("env")
        if given is None:
            if env not in (None, {}):
                followed.add(None, exchange, f"{label}: env {env}")
        else:
            reading = "no_value" if env is None else "body_only" if env == own else None
            followed.add(reading, exchange, f"{label}: env {env}")
    return followed.verdict()


@judge("VARS-017", Environment.PROBE)
def in_no_other_task(record: Record) -> Verdict:
    stream = record.stream(record.fact(Environment.OTHER).stream)
    observations = Observations("leaked-to-another-task", "in the environment of no other task")
    for name, digest in record.fact(Environment.DIGESTS).items():
        for found in printed(stream, name):
            observations.add(found != digest, stream.exchange, f"{name} in another task: {found[:16]}…")
    return observations.verdict()
