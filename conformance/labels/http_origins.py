"""Browsers: preflights from allowed and foreign origins, and tokens used from origins that nearly fit."""

from sigmic_conformance.conformance.transcript.label import Label, ProbeName


class Origins:
    """What `origins` records."""

    PROBE = ProbeName("origins")

    PREFLIGHT_CREATE = Label(PROBE, "preflight: create")
    PREFLIGHT_STREAM = Label(PROBE, "preflight: stream")
    PREFLIGHT_TOKEN_FOREIGN = Label(PROBE, "preflight: token, foreign")
    PREFLIGHT_CREATE_FOREIGN = Label(PROBE, "preflight: create, foreign")
    ALLOWED = Label(PROBE, "allowed")
    OTHER_SCHEME = Label(PROBE, "other scheme")
    OTHER_HOST = Label(PROBE, "other host")
    OTHER_PORT = Label(PROBE, "other port")
    NO_ORIGIN = Label(PROBE, "no origin")
