"""Requests that are large in other ways than one large file: an archive beyond the limit, many files."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, ProbeName


class LargeRequests:
    """What `large_requests` records."""

    PROBE = ProbeName("large_requests")

    SMALL_ARCHIVE = Label(PROBE, "small archive")
    ARCHIVE_BEYOND = Label(PROBE, "archive beyond")
    LIST = Label(PROBE, "list")

    MARK = Fact[str](PROBE, "mark")
