"""Regular expressions of playbooks: what matches, what is refused by name, and that no search can stall."""

import re

import pytest

from sigmic_mock.agent.playbooks.regex import BadRegex, Regex


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("report|summary", "The REPORT", True),
        (r"^run (\d+) times$", "Run 12 times", True),
        (r"\bgröße\b", "Welche Größe?", True),
        ("a.b", "a\nb", False),
        ("(?s)a.b", "A\nB", True),
        ("", "anything", True),
        ("(?P<word>x)y", "xz", False),
    ],
)
def test_a_text_is_searched_in_any_case(pattern: str, text: str, *, fits: bool) -> None:
    assert Regex(pattern).is_in(text) is fits
    assert (re.search(pattern, text, re.IGNORECASE) is not None) is fits


def test_equal_expressions_are_equal() -> None:
    assert Regex("a") == Regex("a")
    assert Regex("a") != Regex("b")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(x+x+)+y", "(a|aa)+$", "(.*a){20}$", r"(?:\w+\s?)+$"])
def test_a_pattern_prone_to_backtracking_is_searched_at_once(pattern: str) -> None:
    # Python's own engine would need longer than the age of the earth for the first expression.
    assert Regex(pattern).is_in("a" * 4_000 + "!") is False


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a(?=b)", "(?= looks ahead"),
        ("a(?!b)", "(?! looks ahead"),
        ("(?<=a)b", "(?<= looks behind"),
        ("(?<!a)b", "(?<! looks behind"),
        (r"(a)\1", r"\1 refers back to a group"),
        ("(?P<n>a)(?P=n)", "(?P= refers back to a group"),
        ("(a)?(?(1)b)", "(?( depends on a group"),
        ("(?>a)", "(?> is an atomic group"),
        ("(?#a)", "(?# is a comment"),
        ("a{,3}", "write {0,"),
        (r"a\Z", r"write \z, or $"),
        (r"\(?=[(?=]\1", r"\1 refers back"),
        ("(", "its syntax is wrong"),
        ("[" * 4_000, "its syntax is wrong"),
        ("a{1000}{1000}", "its repetitions make it too large"),
        ("\ud800", "its syntax is wrong"),
    ],
)
def test_an_unsupported_pattern_is_refused_with_the_reason(pattern: str, told: str) -> None:
    with pytest.raises(BadRegex) as refused:
        Regex(pattern)

    assert told in str(refused.value)
