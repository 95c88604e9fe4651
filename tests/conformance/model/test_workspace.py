"""Lists of uploads in the outputs of commands."""

import pytest

from sigmic_conformance.model.workspace import READS_UPLOADS, lacks_uploads

PLAIN = f"echo one > a.txt; {READS_UPLOADS} 2>/dev/null; echo at=$(pwd); ls; echo done"
BEHIND = f'printf %s "$A" | sha256sum; {READS_UPLOADS} 2>/dev/null; echo at=$(pwd); ls; echo done'
INPUT = f"{'0' * 64}  -"
FILES = [f"{number:064x}  uploads/{number}.txt" for number in range(4)]
END = ["at=/workspace", "a.txt", "done"]
REMARK = "[120 characters]"


@pytest.mark.parametrize(
    ("command", "lines", "lacks"),
    [
        (PLAIN, [*FILES, *END], False),
        (PLAIN, END, False),
        (PLAIN, ["Command: sh", *FILES, *END], False),
        (BEHIND, [INPUT, *FILES, *END], False),
        (BEHIND, [INPUT, *END], False),
        (PLAIN, [FILES[0], FILES[1][:30], REMARK, FILES[3][20:], *END], True),
        (PLAIN, [FILES[0], REMARK, *END], True),
        (PLAIN, [*FILES, REMARK, "done"], True),
        (BEHIND, [INPUT, REMARK, FILES[3], *END], True),
        (BEHIND, [REMARK, *FILES, *END], True),
        ("ls uploads", [REMARK], False),
    ],
)
def test_a_cut_list_of_uploads_is_known_by_its_lines(command: str, lines: list[str], lacks: bool):
    assert lacks_uploads(command, "\n".join(lines)) is lacks
