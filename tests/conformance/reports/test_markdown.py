import re

import pytest

from sigmic_conformance.reports.markdown import MOST_CHARACTERS, MOST_FINDINGS, code, summary
from sigmic_conformance.reports.page import page
from tests.conformance.reports.material import hostile_run, material, plain_run
from tests.conformance.saving import save, verdict


def test_areas_failures_causes_and_the_baseline(tmp_path):
    baseline = {
        "excused": ["STREAM-014"],
        "problems": [{"check": "GET-001", "trouble": "stale", "text": "GET-001 is passed now"}],
    }
    text = summary(material(plain_run(tmp_path, baseline=baseline)))

    assert text.startswith("# Not conformant: 1 requirement broken, besides 1 known to the baseline\n")
    assert "| BEAT | 1 | 1 |" in text
    assert (
        "- **BEAT-002** `other-comment` The statement.\n"
        "  - expected: `this [documented: tasks/stream]`\n  - observed: `that`" in text
    )
    assert "- `timing-noise` (1 requirement): " in text
    assert "**To do:** use a quiet machine near the target" in text
    assert "## Known to the baseline, which is not conformance\n\nSTREAM-014" in text
    assert "- `stale` `GET-001 is passed now`" in text
    assert "**STREAM-014**" not in text


def test_the_summary_and_the_page_show_the_claims_and_the_pinned_ledger(tmp_path):
    counts = {"passed": 1, "broken": 0, "unproven": 0, "unjudged": 43, "of": 44}
    claims = {"widget": {"standing": "not proven", **counts}}
    seen = material(plain_run(tmp_path, claims=claims, pin="0.9"))

    assert "| widget | not proven: 43 not tested |" in summary(seen)
    assert "ledger 1 (the gate knows 0.9)" in summary(seen)
    assert "not proven: 43 not tested" in page(seen)
    assert "1, the gate knows 0.9" in page(seen)


def test_a_hostile_target_can_draw_and_break_nothing(tmp_path):
    text = summary(material(hostile_run(tmp_path)))
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", text)

    assert not set(text) & {"\x00", "\x1b", "\u202e"}
    assert "evil" in text
    assert "evil" not in outside
    assert "<script" not in outside


@pytest.mark.parametrize(
    ("text", "span"),
    [("a", "`a`"), ("a`b", "`` a`b ``"), ("```", "```` ``` ````"), ("", "`  `"), ("a\nb", "`a b`")],
)
def test_code_spans_hold_whatever_they_hold(text, span):
    assert code(text) == span


def test_the_length_is_bounded(tmp_path):
    rows = [
        verdict(f"GET-{number:03d}", "failed", "x", statement="s" * 2000, observed="o" * 9000)
        for number in range(1, 200)
    ]
    text = summary(material(save(tmp_path, rows, exit_code=1)))

    assert len(text) <= MOST_CHARACTERS + 100
    assert text.endswith("*Cut here: the report has the rest.*\n")


def test_more_findings_than_one_reads_are_counted(tmp_path):
    rows = [verdict(f"GET-{number:03d}", "failed", "x") for number in range(1, MOST_FINDINGS + 3)]

    assert "- and 2 more: GET-041, GET-042" in summary(material(save(tmp_path, rows, exit_code=1)))


def test_rows_that_one_thing_keeps_open_are_one_line_under_their_reason(tmp_path):
    lacking = [
        verdict(f"TOKEN-00{n}", "inconclusive", "precondition", observed=f"probe_{n}: no widget was given")
        for n in range(1, 4)
    ]
    other = verdict("SESSION-001", "inconclusive", "precondition", observed="sweep: nobody can wait")
    text = summary(material(save(tmp_path, [*lacking, other], exit_code=3)))

    lines = text.partition("## Not proven: 4\n\n")[2].splitlines()
    assert lines[0].startswith("- `precondition` (4 requirements): ")
    assert lines[1:3] == [
        "  - `no widget was given`: TOKEN-001, TOKEN-002, TOKEN-003",
        "  - `nobody can wait`: SESSION-001",
    ]


def test_causes_without_end_are_counted(tmp_path):
    rows = [
        verdict(f"GET-{number:03d}", "inconclusive", "precondition", observed=f"lacks {number}")
        for number in range(1, MOST_FINDINGS + 3)
    ]

    assert "  - and 2 more: GET-041, GET-042" in summary(material(save(tmp_path, rows, exit_code=3)))
