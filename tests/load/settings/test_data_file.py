"""Data files: their content, and which line is invalid."""

import pytest

from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.data_file import read_rows


def test_rows_have_their_columns_and_the_line_they_begin_on(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffprompt,why\r\n"one,\ntwo",x\r\n\r\nthree ä,y\r\n'.encode())

    rows = read_rows(path, ("prompt",))

    assert [(row.line, dict(row.cells)) for row in rows] == [
        (2, {"prompt": "one,\ntwo"}),
        (5, {"prompt": "three ä"}),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"prompt,why\na,b\nc\n", "line 3: 1 cell, but the header has 2"),
        (b'prompt,why\n"a\nb",c\n  ,d\n', "line 4: prompt is empty"),
        (b"prompt\nok\n\xff\n", "line 3: no UTF-8"),
        (b'prompt\nok\n"open\n', "line 3: unexpected end of data"),
        (b"prompd\na\n", "line 1: no column prompt; did you mean prompd?"),
        (b"", "line 1: no column prompt"),
        (b"prompt\n\n", "no line below the header"),
        (b"prompt\n" + b"x" * 100_001, "line 2: prompt is longer than 100,000 characters"),
        (None, "No such file"),
    ],
)
def test_a_bad_line_is_named_by_its_number(tmp_path, content, says):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadFile) as refused:
        read_rows(path, ("prompt",))

    assert says in str(refused.value)
    assert str(path) in str(refused.value)
