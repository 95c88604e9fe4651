import json

import pytest

from sigmic_conformance.cli import main
from tests.conformance.saving import save, verdict


def test_the_same_run_twice_has_no_changes(tmp_path, capsys):
    run = save(tmp_path, [verdict("GET-001")])

    assert main(["diff", str(run), str(run)]) == 0
    assert "0 verdicts changed" in capsys.readouterr().out


def test_a_row_that_only_one_run_judged_is_a_change_as_json_too(tmp_path, capsys):
    before, after = save(tmp_path / "a", [verdict("GET-001")]), save(tmp_path / "b", [])

    assert main(["diff", "--json", str(before), str(after)]) == 1
    assert json.loads(capsys.readouterr().out)["changes"] == [
        {"id": "GET-001", "before": {"outcome": "passed", "reason": None}, "after": None}
    ]


def test_markdown_output_lists_the_changed_requirements(tmp_path, capsys):
    before = save(
        tmp_path / "a", [verdict("GET-001"), verdict("GET-002", "failed", "one"), verdict("GET-003")]
    )
    after = save(
        tmp_path / "b",
        [verdict("GET-001", "failed", "wrong"), verdict("GET-002"), verdict("GET-003", "warned", "x")],
    )

    assert main(["diff", "--markdown", str(before), str(after)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "**Conformance**: 1 broken, 1 fixed, 1 other change",
        "",
        "### Broken",
        "",
        "- `GET-001 passed → failed (wrong)`",
        "  - `The statement.`",
        "  - expected: `this [documented: tasks/stream]`",
        "  - observed: `that`",
        "  - where: `exchange 1 of p, x`",
        "",
        "### Fixed",
        "",
        "- `GET-002 failed (one) → passed`",
        "",
        "### Other changes",
        "",
        "- `GET-003 passed → warned (x)`",
    ]


def test_a_change_for_the_worse_comes_first_with_what_was_expected_and_observed(tmp_path, capsys):
    before = save(tmp_path / "a", [verdict("GET-001", "warned", "x"), verdict("GET-002"), verdict("GET-003")])
    after = save(
        tmp_path / "b",
        [verdict("GET-001"), verdict("GET-002", "failed", "wrong"), verdict("GET-003", "warned", "x")],
    )

    assert main(["diff", str(before), str(after)]) == 1
    finding = [
        "    expected  this [documented: tasks/stream]",
        "    observed  that",
        "    where     exchange 1 of p, x",
    ]
    assert capsys.readouterr().out.splitlines() == [
        "GET-002  passed → failed (wrong): The statement.",
        *finding,
        "GET-003  passed → warned (x): The statement.",
        *finding,
        "GET-001  warned (x) → passed",
        "3 verdicts changed, 2 of them for the worse",
        "0 choices of the target changed",
    ]


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ([], "early-follow-up  refused → accepted\n0 verdicts changed"),
        (["--markdown"], "### Other choices of the target\n\n- `early-follow-up refused → accepted`"),
        (["--json"], '"early-follow-up  refused \\u2192 accepted"'),
    ],
)
def test_another_choice_of_the_target_is_a_change(tmp_path, capsys, flag, words):
    def choosing(answer: str) -> dict[str, object]:
        told = [{"text": answer, "probe": "p", "exchange": 1}]
        return {"id": "early-follow-up", "question": "How is it answered?", "answers": told}

    before, after = (
        save(tmp_path / answer, [verdict("GET-001")], choices=[choosing(answer)])
        for answer in ("refused", "accepted")
    )

    assert main(["diff", *flag, str(before), str(after)]) == 1
    assert words in capsys.readouterr().out
