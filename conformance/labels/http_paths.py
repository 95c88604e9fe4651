"""What HTTP itself asks: unknown paths and methods, HEAD, header case, and malformed requests."""

from sigmic_conformance.conformance.transcript.label import Label, ProbeName


class PathsAndMethods:
    """What `paths_and_methods` records."""

    PROBE = ProbeName("paths_and_methods")

    TWIN = Label(PROBE, "twin")
    HEAD = Label(PROBE, "head")
    HEADER_CASE = Label(PROBE, "header case")
    UNKNOWN_PATH = Label(PROBE, "unknown path")
    WRONG_METHOD = Label(PROBE, "wrong method")


class AcceptHeaders:
    """What `accept_headers` records."""

    PROBE = ProbeName("accept_headers")

    CREATE_TASK = Label(PROBE, "create_task")
    RUN = Label(PROBE, "run")
    ACCEPT = Label(PROBE, "accept")
    LAST_EVENT_ID = Label(PROBE, "last event id")
