"""What is mutated, which of Cosmic Ray's operators are used, and the tests that must detect the mutants."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
"""The directory with the import root of all installed code."""

WHOLE = (
    "transcript.sse",
    "judging.verdict",
    "judging.observations",
    "run.adjudication",
    "judging.controls",
    "results.baseline",
    "results.comparison",
)
"""Modules of `conformance` whose mutants are all tried."""
SAMPLED = "checks"
"""The package whose mutants are a sample, drawn by a seed."""
SAMPLE = 300

TESTS = (
    "tests/conformance/checks/test_*.py",
    "tests/conformance/judging/test_*.py",
    "tests/conformance/transcript/test_*.py",
    "tests/conformance/results/test_baseline.py",
    "tests/conformance/results/test_comparison.py",
    "tests/conformance/results/test_coverage.py",
    "tests/conformance/run/test_adjudication.py",
    "tests/conformance/commands/test_baseline.py",
    "tests/conformance/commands/test_diff.py",
    "tests/conformance/commands/test_rejudge.py",
    "tests/conformance/explore/test_judging.py",
)
"""Unit tests only: tests that need a platform take too long per mutant."""

SWAPS = {
    "Eq_NotEq",
    "NotEq_Eq",
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Is_IsNot",
    "IsNot_Is",
    "Add_Sub",
    "Sub_Add",
    "Mul_Div",
    "Div_Mul",
    "FloorDiv_Div",
    "Mod_Mul",
    "BitOr_BitAnd",
    "BitAnd_BitOr",
    "LShift_RShift",
    "RShift_LShift",
}
"""One swap for each binary and comparing operator: Cosmic Ray's other dozen for a site die with it, and would
only flatter the score; `is` for `==` on constants is the same program."""
LEFT_OUT = {"RemoveDecorator", "VariableReplacer", "VariableInserter", "NoOp"}
"""Without `@judge` or `@property` everything fails: such a mutant always dies and shows nothing."""

CPU_SECONDS = 25
"""For the unit tests of one mutant; all of them take 10 s. A mutant above it never ends: it is detected."""
PROOF_CPU_SECONDS = 90
"""For one mutant on the saved trials of a proof."""
WALL_SECONDS = 300.0


def is_used(operator: str) -> bool:
    """Return whether an operator of Cosmic Ray's (`core/ReplaceComparisonOperator_Eq_NotEq`) is used."""
    name = operator.rpartition("/")[2]
    if name in LEFT_OUT:
        return False
    kind, _, swap = name.partition("_")
    return kind not in {"ReplaceBinaryOperator", "ReplaceComparisonOperator"} or swap in SWAPS
