"""Credentials of every shape at the list, and no credentials at every operation."""

from typing import Literal

from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName

GoodCaller = Literal["bearer", "x-api-key", "lower-case scheme", "bearer again"]
BadCaller = Literal[
    "nothing",
    "unknown key",
    "unknown key in X-API-Key",
    "short key",
    "long key",
    "own key and more",
    "own key and more in X-API-Key",
    "letters beyond f",
    "no known prefix",
    "one word",
    "forged token",
    "unsigned token",
    "token of two segments",
    "token that is not JSON",
    "token alone",
    "very long",
    "not ASCII",
    "a tab inside",
    "Basic",
    "query string",
]
Stranger = Literal["nobody", "forged token"]


class Credentials:
    """What `credentials` records."""

    PROBE = ProbeName("credentials")

    GOOD = Labels[GoodCaller](PROBE, "good: {}")
    BAD = Labels[BadCaller](PROBE, "bad: {}")


class Strangers:
    """What `strangers` records."""

    PROBE = ProbeName("strangers")

    REAL_TASK = Labels[Stranger](PROBE, "{}, real task")
    UNKNOWN_TASK = Labels[Stranger](PROBE, "{}, unknown task")
    CREATION = Labels[Stranger](PROBE, "{}, creation")
    BAD_CREATION = Labels[Stranger](PROBE, "{}, bad creation")
    LIST = Labels[Stranger](PROBE, "{}, list")
    ASKED = (REAL_TASK, UNKNOWN_TASK, CREATION, BAD_CREATION, LIST)


class UnknownTask:
    """What `unknown_task` records."""

    PROBE = ProbeName("unknown_task")

    UNKNOWN = Label(PROBE, "unknown")
    NOT_A_UUID = Label(PROBE, "not a UUID")
    DOTS = Label(PROBE, "dots")
    LONG = Label(PROBE, "long")
