import pytest

from sigmic_conformance.conformance.reports.visible import cut, decoded, hex_lines, one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, naïve, 日本, עברית\n\tstays", "plain, naïve, 日本, עברית\n\tstays"),
        ("a\x00b\x1b[31m\r", "a⟨U+0000⟩b⟨U+001B⟩[31m⟨U+000D⟩"),
        ("a\u202eb\u2028c\ufeff", "a⟨U+202E⟩b⟨U+2028⟩c⟨U+FEFF⟩"),
        ("\udcff", "⟨U+DCFF⟩"),
    ],
)
def test_what_has_no_shape_is_spelt_out(text, shown):
    assert visible(text) == shown


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
