"""Tasks of a project in which the judge's MCP server is configured."""

from collections.abc import Mapping

from sigmic_conformance.conformance.transcript.fact import Fact, LabelFact, TaskLabelFact
from sigmic_conformance.conformance.transcript.label import FollowUpLabels, Label, ProbeName, TaskLabels


class McpServers:
    """What `mcp_servers` records."""

    PROBE = ProbeName("mcp_servers")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")
    FILTERING = FollowUpLabels[int](PROBE, "filtering {}")
    FAILING = FollowUpLabels[int](PROBE, "failing {}")

    WORD = Fact[str](PROBE, "word")
    DIGESTS = Fact[Mapping[str, str]](PROBE, "digests")
    """Of what was given, by the names of the variables."""
    PLACEHOLDERS = Fact[list[str]](PROBE, "placeholders")
    RUN = TaskLabelFact(PROBE, "run")
    FILTERED = LabelFact(PROBE, "filtered")
    FAILED = LabelFact(PROBE, "failed")


class McpTrouble:
    """What `mcp_trouble` records: a server that is dead, late, or has no value for a placeholder."""

    PROBE = ProbeName("mcp_trouble")

    DEAD_ATTEMPT = TaskLabels[int](PROBE, "dead server {}")
    LATE_ATTEMPT = TaskLabels[int](PROBE, "late server {}")
    UNRESOLVED_ATTEMPT = TaskLabels[int](PROBE, "unresolved placeholder {}")

    WORD = Fact[str](PROBE, "word")
    DEAD = TaskLabelFact(PROBE, "dead")
    LATE = TaskLabelFact(PROBE, "late")
    UNRESOLVED = TaskLabelFact(PROBE, "unresolved")


class McpPolicies:
    """What `mcp_policies` records."""

    PROBE = ProbeName("mcp_policies")

    ASKING_ATTEMPT = TaskLabels[int](PROBE, "asking {}")
    DENYING_ATTEMPT = TaskLabels[int](PROBE, "denying {}")
    STRICT_ATTEMPT = TaskLabels[int](PROBE, "strict {}")
    APPROVE = Label(PROBE, "approve")

    WORD = Fact[str](PROBE, "word")
    ASKING = TaskLabelFact(PROBE, "asking")
    DENYING = TaskLabelFact(PROBE, "denying")
    STRICT = TaskLabelFact(PROBE, "strict")


class McpExchange:
    """What `mcp_exchange` records."""

    PROBE = ProbeName("mcp_exchange")

    ATTEMPT = TaskLabels[int](PROBE, "attempt {}")

    WORD = Fact[str](PROBE, "word")
    DIGESTS = Fact[Mapping[str, str]](PROBE, "digests")
    RUN = TaskLabelFact(PROBE, "run")
