"""The token exchange, what a token may do, and the origins it may come from."""

from typing import Literal

from sigmic_conformance.conformance.labels.any_probe import Segments
from sigmic_conformance.conformance.transcript.fact import Fact, Facts, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName, TaskLabels

Good = Literal["default", "30m", "1h", "7d", "variables"]
Bad = Literal[
    "no appId",
    "no appSecret",
    "no endUserId",
    "empty endUserId",
    "wrong secret",
    "unknown app",
    "expiresIn banana",
    "expiresIn empty",
    "expiresIn negative",
    "env name",
    "env value",
    "secret name",
    "secret value",
]
Lifetime = Literal[
    "90s", "30d", "31d", "zero", "leading zero", "fraction", "bare number", "capital", "week", "blank"
]
Raw = Literal["malformed", "a list", "empty"]
Forged = Literal["altered payload", "alg none", "foreign signature", "two segments", "no JSON"]
PageOfTwo = Literal["first", "second", "whole"]
Asked = Literal["get_task", "get_task_history", "list_artifacts", "stream_task", "list_tasks"]
Strange = Literal[
    "get_task",
    "get_task_history",
    "list_artifacts",
    "stream_task",
    "list_tasks",
    "send_message",
    "cancel_task",
]


class TokenExchange:
    """What `token_exchange` records."""

    PROBE = ProbeName("token_exchange")

    GOOD = Labels[Good](PROBE, "good: {}")
    BAD = Labels[Bad](PROBE, "bad: {}")
    ODD_LIFETIME = Labels[Lifetime](PROBE, "odd: expiresIn {}")
    RAW = Labels[Raw](PROBE, "raw: {}")
    ODD_USER = Label(PROBE, "odd: endUserId of 255 characters")

    ASKED_AT = Fact[dict[str, float]](PROBE, "asked at")
    SEGMENTS = Facts[Segments, Good](PROBE, "segments: {}")
    LEAKS = Facts[list[str], Good](PROBE, "leaks: {}")
    STARTS = Facts[str, Good](PROBE, "starts: {}")
    USER = Fact[str](PROBE, "user")


class EndUsers:
    """What `end_users` records."""

    PROBE = ProbeName("end_users")

    OWN = Labels[Asked](PROBE, "own: {}")
    OWN_AGAIN = Labels[Asked](PROBE, "own again: {}")
    OTHER = Labels[Strange](PROBE, "other: {}")
    PAGE = Labels[PageOfTwo](PROBE, "page: {}")


class TokenLifetime:
    """What `token_lifetime` records."""

    PROBE = ProbeName("token_lifetime")

    FORGED = Labels[Forged](PROBE, "forged: {}")


class RenewedVariables:
    """What `renewed_variables` records."""

    PROBE = ProbeName("renewed_variables")

    OLDEST = Label(PROBE, "oldest")
    NEWEST = Label(PROBE, "newest")
    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")

    RUN = TaskLabelFact(PROBE, "run")
    DIGESTS = Fact[dict[str, dict[str, str]]](PROBE, "digests")
