import pytest

from sigmic_conformance.reports.visible import (
    cut,
    decoded,
    harmless,
    hex_lines,
    one_line,
    visible,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, 日本, עברית\n\tstays", "plain, naïve, 日本, עברית\n\tstays"),
        ("a\x00b\x1b[31m\r", "a⟨U+0000⟩b⟨U+001B⟩[31m⟨U+000D⟩"),
        ("a\u202eb\u2028c\ufeff", "a⟨U+202E⟩b⟨U+2028⟩c⟨U+FEFF⟩"),
        ("\udcff", "⟨U+DCFF⟩"),
    ],
)
def test_invisible_characters_are_shown_as_code_points(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("http://[::1]:8080 and a::b stay", "http://[::1]:8080 and a::b stay"),
        ("::error title=x::y", "⟨U+003A⟩:error title=x::y"),
        (" \t ::error::y", " \t ⟨U+003A⟩:error::y"),
        ("\u2003::error::y", "⟨U+2003⟩::error::y"),
        ("seen: ##[group]x ###[x", "seen: #⟨U+0023⟩[group]x ##⟨U+0023⟩[x"),
        ("##vso[task.x]y, ##teamcity[z", "#⟨U+0023⟩vso[task.x]y, #⟨U+0023⟩teamcity[z"),
        ("## Title", "## Title"),
        ("a\n::error::b\r\n", "a⟨U+000A⟩::error::b⟨U+000D⟩⟨U+000A⟩"),
        ("section_start:1:a\r\x1b[0Kb", "section_start:1:a⟨U+000D⟩⟨U+001B⟩[0Kb"),
    ],
)
def test_a_line_of_a_log_is_no_command_of_any_ci(text, line):
    assert harmless(text) == line
    assert harmless(line) == line


def test_a_cut_says_how_much_it_left_out():
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdef", 2) == "ab… (4 characters left out)"


def test_one_line_has_no_line_breaks():
    assert one_line("a\n b\x00", 20) == "a b⟨U+0000⟩"
    assert len(one_line("x" * 50, 10)) == 10


def test_bytes_that_are_no_text():
    assert decoded(b"a\xff") == "a\\xff"


def test_hex_lines_mark_the_offending_bytes():
    lines = list(hex_lines(b"0123456789abcdef\x00\x7f", start=32, mark=(33, 34)))

    assert [line.offset for line in lines] == [32, 48]
    assert [pair for pair, _, marked in lines[0].cells if marked] == ["31", "32"]
    assert [letter for _, letter, _ in lines[1].cells] == ["·", "·"]
