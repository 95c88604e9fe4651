"""VARS: env and secrets reach the sandbox of their own task; their limits; secrets appear nowhere else."""

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.judging.observations import Observations
from sigmic_conformance.conformance.judging.readings import Reading
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.rules import Acceptance, Refusal
from sigmic_conformance.conformance.judging.variable_digests import printed
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge, judge_each
from sigmic_conformance.conformance.transcript.transcript import Exchange

CREATION_REFUSALS = "creation_refusals"
ENVIRONMENT = "environment"
TOKEN_ENV = "token_env"
VARIABLE_LIMITS = "variable_limits"
BAD_NAMES = ("env name begins with a digit", "env name with a hyphen", "secret name begins with a digit")
BAD_VALUES = ("env value is a number", "secret value is an object")


def reached(record: Record, name: str, reason: str, expected: str) -> Verdict:
    """The digest of the variable, as the sandbox sees it, is that of the value given."""
    stream = record.stream(ENVIRONMENT, f"{record.fact(ENVIRONMENT, 'run')}: stream")
    found = printed(stream, name)
    if not found:
        return inconclusive(Unproven.STIMULUS_NOT_REACHED, f"no tool printed a digest of {name}")
    observations = Observations(reason, expected)
    observations.add(
        record.fact(ENVIRONMENT, "digests")[name] in found, stream.exchange, f"sha256 of ${name}: {found[0]}"
    )
    return observations.verdict()


judge_each(
    __name__,
    {
        "VARS-011": Refusal(
            VARIABLE_LIMITS,
            ["too many", "too many secrets", "too large"],
            400,
            "INVALID_ENV",
            control="at the limits",
        ),
        "VARS-018": Refusal(VARIABLE_LIMITS, ["not ASCII"], 400, "INVALID_ENV", control="at the limits"),
    },
)

judge_each(
    __name__,
    {
        "VARS-007": Acceptance(
            CREATION_REFUSALS, ["twin with env"], "names of letters, digits and underscores are accepted"
        ),
        "VARS-008": Refusal(
            CREATION_REFUSALS, [f"bad: {name}" for name in BAD_NAMES], control="twin with env"
        ),
        "VARS-009": Refusal(
            CREATION_REFUSALS, [f"bad: {name}" for name in BAD_VALUES], control="twin with env"
        ),
        "VARS-010": Refusal(
            CREATION_REFUSALS,
            [f"bad: {name}" for name in BAD_NAMES + BAD_VALUES],
            400,
            "INVALID_ENV",
            control="twin with env",
        ),
    },
    capabilities=["environment"],
)


@judge("VARS-001", ENVIRONMENT)
def accepted(record: Record) -> Verdict:
    observations = Observations("refused", "env and secrets are accepted")
    exchange = record.exchange(ENVIRONMENT, f"{record.fact(ENVIRONMENT, 'run')}: create")
    observations.add(exchange.ok, exchange, summary(exchange))
    return observations.verdict()


@judge("VARS-002", ENVIRONMENT)
def env_is_returned(record: Record) -> Verdict:
    observations = Observations("other-env", "the env given at creation")
    exchange = record.exchange(ENVIRONMENT, "read back")
    env = exchange.fields.get("env")
    observations.add(env == record.fact(ENVIRONMENT, "env"), exchange, f"env {env}")
    return observations.verdict()


@judge("VARS-003", ENVIRONMENT, sweep=True)
def secrets_never_come_back(record: Record) -> Verdict:
    observations = Observations("secret-shown", "no secret value in any captured byte of the run")
    placeholders = [each.encode() for each in record.fact(ENVIRONMENT, "placeholders")]
    for exchange in record.exchanges():
        seen = exchange.head + exchange.body
        observations.add(
            not any(each in seen for each in placeholders), exchange, f"searched {summary(exchange)}"
        )
    return observations.verdict()


@judge("VARS-004", ENVIRONMENT)
def env_reaches_the_sandbox(record: Record) -> Verdict:
    return reached(record, "PLAIN_WORD", "not-in-environment", "the value of env in the environment")


@judge("VARS-005", ENVIRONMENT)
def secrets_reach_the_sandbox(record: Record) -> Verdict:
    return reached(record, "SECRET_WORD", "not-in-environment", "the value of secrets in the environment")


@judge("VARS-006", ENVIRONMENT)
def secrets_win(record: Record) -> Verdict:
    return reached(record, "_BOTH", "env-wins", "the value of secrets for a name in both")


@judge("VARS-012", VARIABLE_LIMITS)
def reserved_names(record: Record) -> Verdict:
    labels = [each.label for each in record.exchanges(VARIABLE_LIMITS) if each.label.startswith("reserved ")]
    return Refusal(VARIABLE_LIMITS, labels, 400, "INVALID_ENV", control="at the limits")(record)


@judge("VARS-014", ENVIRONMENT)
def printed_secrets_are_masked(record: Record) -> Verdict:
    observations = Observations("secret-shown", "a printed secret is masked in result, history and output")
    placeholders = [each.encode() for each in record.fact(ENVIRONMENT, "placeholders")]
    label = record.fact(ENVIRONMENT, "printing")
    seen: list[Exchange] = [record.exchange(ENVIRONMENT, f"{label}: stream")]
    seen += [record.exchange(ENVIRONMENT, f"printed: {what}") for what in ("read back", "history")]
    for exchange in seen:
        observations.add(
            not any(each in exchange.body for each in placeholders), exchange, f"searched {exchange.label}"
        )
    return observations.verdict()


@judge("VARS-015", "token_variables")
def exchange_variables_stay_hidden(record: Record) -> Verdict:
    observations = Observations("variable-shown", "no value of the exchange's env or secrets")
    words = (record.fact("token_variables", "env"), record.fact("token_variables", "placeholder"))
    for exchange in record.exchanges("token_variables"):
        body = exchange.body.decode("utf-8", "replace")
        observations.add(not any(word in body for word in words), exchange, f"searched {summary(exchange)}")
    return observations.verdict()


@judge("VARS-016", TOKEN_ENV)
def env_of_a_token(record: Record) -> Verdict:
    followed = Reading(no_value="env is null", body_only="env holds what the creation's own body gave")
    own = {"OWN_WORD": record.fact(TOKEN_ENV, "own")}
    # A task without variables of its own shows none; which reading it is, only the other one tells.
    for label, given in (("bare", None), ("with env", own)):
        exchange = record.exchange(TOKEN_ENV, f"{label}: task")
        data = exchange.data if isinstance(exchange.data, dict) else {}
        env = data.get("env")
        if given is None:
            if env not in (None, {}):
                followed.add(None, exchange, f"{label}: env {env}")
        else:
            reading = "no_value" if env is None else "body_only" if env == own else None
            followed.add(reading, exchange, f"{label}: env {env}")
    return followed.verdict()


@judge("VARS-017", ENVIRONMENT)
def in_no_other_task(record: Record) -> Verdict:
    stream = record.stream(ENVIRONMENT, f"{record.fact(ENVIRONMENT, 'other')}: stream")
    observations = Observations("leaked-to-another-task", "in the environment of no other task")
    for name, digest in record.fact(ENVIRONMENT, "digests").items():
        for found in printed(stream, name):
            observations.add(found != digest, stream.exchange, f"{name} in another task: {found[:16]}…")
    return observations.verdict()
