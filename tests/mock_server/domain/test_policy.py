"""Which tool calls run, ask, or are refused."""

from itertools import product

import pytest

from sigmic_mock.domain.policy import Policy, ProjectRules, decide


@pytest.mark.parametrize(
    ("task_auto", "project_auto", "policy", "expected"),
    [
        (True, True, Policy.ALLOW, Policy.ALLOW),
        (True, True, Policy.ASK, Policy.ASK),
        (True, False, Policy.ALLOW, Policy.ASK),
        (False, True, Policy.ALLOW, Policy.ASK),
        (False, False, Policy.ALLOW, Policy.ASK),
        (True, True, Policy.DENY, Policy.DENY),
        (False, False, Policy.DENY, Policy.DENY),
    ],
)
def test_the_strictest_say_wins(
    *, task_auto: bool, project_auto: bool, policy: Policy, expected: Policy
) -> None:
    rules = ProjectRules(auto_execute=project_auto, tools={"t": policy})

    assert decide("t", auto_execute=task_auto, rules=rules, always_allowed=set()) is expected


def test_always_allow_overrides_ask_but_not_deny() -> None:
    for task_auto, policy in product((True, False), Policy):
        rules = ProjectRules(tools={"t": policy})
        expected = Policy.DENY if policy is Policy.DENY else Policy.ALLOW
        assert decide("t", auto_execute=task_auto, rules=rules, always_allowed={"t"}) is expected


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("write_file", Policy.ALLOW),  # by its name, regardless of the patterns
        ("mcp_time_now", Policy.DENY),  # the stricter of two patterns
        ("mcp_crm_find", Policy.ASK),
        ("glob", Policy.ASK),
    ],
)
def test_a_name_beats_a_pattern_and_of_patterns_the_strictest_counts(tool: str, expected: Policy) -> None:
    rules = ProjectRules(
        tools={"*": Policy.ASK, "write_file": Policy.ALLOW, "mcp_time_*": Policy.DENY, "mcp_*": Policy.ALLOW}
    )

    assert decide(tool, auto_execute=True, rules=rules, always_allowed=set()) is expected
