"""What HTTP itself asks: unknown paths and methods, HEAD, header case, and malformed requests."""

from sigmic_conformance.conformance.transcript.label import Label, ProbeName


class PathsAndMethods:
    """What `paths_and_methods` records."""

    PROBE = ProbeName("paths_and_methods")

    TWIN = Label(PROBE, "twin")
    HEADER_CASE = Label(PROBE, "header case")
    UNKNOWN_PATH = Label(PROBE, "unknown path")
    WRONG_METHOD = Label(PROBE, "wrong method")
