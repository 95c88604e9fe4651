"""How many variables, how large, which names; and what a token's variables are not shown as."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class VariableLimits:
    """What `variable_limits` records."""

    PROBE = ProbeName("variable_limits")

    AT_THE_LIMITS = Label(PROBE, "at the limits")
    TOO_MANY = Label(PROBE, "too many")
    TOO_MANY_SECRETS = Label(PROBE, "too many secrets")
    TOO_LARGE = Label(PROBE, "too large")
    NOT_ASCII = Label(PROBE, "not ASCII")
    RESERVED = Labels[str](PROBE, "reserved {}")


class TokenEnv:
    """What `token_env` records."""

    PROBE = ProbeName("token_env")

    BARE = Label(PROBE, "bare")
    WITH_ENV = Label(PROBE, "with env")
    TASK = Labels[Label](PROBE, "{}: task")

    OWN = Fact[str](PROBE, "own")
