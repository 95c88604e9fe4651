"""Turn facts about a target into findings, each with a remedy. Pure."""

from sigmic_conformance.commands.diagnosis import impairments, obstacles
from sigmic_conformance.commands.diagnosis.facts import Facts
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State
from sigmic_conformance.target.profile import Profile


def diagnose(facts: Facts, profile: Profile) -> list[Diagnostic]:
    """Every finding, in the order of a connection's steps; it ends at the first step with a problem."""
    found: list[Diagnostic] = []
    for look in (obstacles.name, obstacles.port, obstacles.tls, obstacles.http, obstacles.api, obstacles.key):
        found += look(facts)
        if any(each.state is State.PROBLEM for each in found):
            return found
    return [
        *found,
        *impairments.credentials(facts, profile),
        *impairments.clock(facts),
        *impairments.stream(facts),
        *impairments.between(facts),
        *impairments.rates(facts),
    ]
