"""The exit codes of a run, their meaning and precedence, and the refusal that ends a command with one."""

from collections.abc import Collection
from enum import IntEnum


class ExitCode(IntEnum):
    """pytest's 0 to 5, and those of the suite."""

    OK = 0
    FAILED = 1
    INTERRUPTED = 2
    HARNESS = 3
    USAGE = 4
    NOTHING = 5
    UNPROVEN = 10
    BASELINE = 11
    UNREACHABLE = 12
    BUDGET = 13
    SELF_CHECK = 14


PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.HARNESS,
    ExitCode.SELF_CHECK,
    ExitCode.USAGE,
    ExitCode.UNREACHABLE,
    ExitCode.BUDGET,
    ExitCode.FAILED,
    ExitCode.BASELINE,
    ExitCode.UNPROVEN,
    ExitCode.NOTHING,
)


def most_severe(codes: Collection[ExitCode]) -> ExitCode:
    """The code with the highest precedence; OK if there is none."""
    return next((code for code in PRECEDENCE if code in codes), ExitCode.OK)


MEANING = {
    ExitCode.OK: "conformant for this selection",
    ExitCode.FAILED: "requirements are broken",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.HARNESS: "the suite itself broke",
    ExitCode.USAGE: "an argument, a profile, a variable or a file is invalid",
    ExitCode.NOTHING: "no requirement is selected",
    ExitCode.UNPROVEN: "requirements that bind are unproven",
    ExitCode.BASELINE: "the baseline has entries that no longer hold",
    ExitCode.UNREACHABLE: "the target can't be tested",
    ExitCode.BUDGET: "the budget is spent",
    ExitCode.SELF_CHECK: "the suite is not proven",
}
"""The same as text."""


class Refused(Exception):
    """The command cannot be run; the message is one line that states what to type instead."""

    code = ExitCode.USAGE

    def __init__(self, message: str, code: ExitCode | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
