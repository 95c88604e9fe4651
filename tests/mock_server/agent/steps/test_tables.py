"""Summaries: every figure is correct for the text that was read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.steps.tables import summarise


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.csv", "x\n", "I read `a.csv`: 0 data rows, 1 column.\n\nColumns: x."),
        (
            "a.csv",
            "x;y\n1;2\n3;4\n",
            (
                "I read `a.csv`: 2 data rows, 2 columns.\n\nColumns: x, y.\n\n- x: sum 4, minimum 1, "
                "maximum 3\n- y: sum 6, minimum 2, maximum 4"
            ),
        ),
        (
            "a.tsv",
            "x\ty\n1\tb\n",
            "I read `a.tsv`: 1 data row, 2 columns.\n\nColumns: x, y.\n\n- x: sum 1, minimum 1, maximum 1",
        ),
        (
            "a.csv",
            "\ufeffx,y\r\n0.1,\r\n0.2,z\r\n",
            (
                "I read `a.csv`: 2 data rows, 2 columns.\n\nColumns: x, y.\n\n- x: sum 0.3, minimum 0.1, "
                "maximum 0.2"
            ),
        ),
        ("a.csv", "", "`a.csv` is empty."),
        (
            "a.txt",
            "one two\n\nthree",
            "I read `a.txt`. It has 3 lines, 3 words and 14 characters. It begins: “one two”",
        ),
    ],
)
def test_a_summary_counts_rows_columns_lines_and_words(path, text, expected):
    assert summarise(path, text) == expected


def test_a_table_that_was_cut_is_not_passed_off_as_the_whole():
    text = "x\n1\n2\n3"

    assert summarise("a.csv", text, cut=True).startswith(
        "I read `a.csv`: 2 data rows in the part I could read (the file is longer), 1 column."
    )


@given(st.text(max_size=500), st.sampled_from(["a.csv", "a.txt", "a.tsv", "noext"]), st.booleans())
def test_no_text_makes_it_fail(text, path, cut):
    assert summarise(path, text, cut=cut)
