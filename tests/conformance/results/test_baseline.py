from datetime import date
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import (
    Citation,
    Outcome,
    Unproven,
    Verdict,
    failed,
    inconclusive,
    passed,
)
from sigmic_conformance.results.baseline import Entry, Known, Trouble, compare, pattern_of
from sigmic_conformance.results.baseline_file import (
    BaselineUnusable,
    read_baseline,
    renewed,
    written,
)

TARGET = "https://staging.example"
TODAY = date(2026, 11, 24)
SEEN = Citation(probe="p", exchange=1, label="x", note="seen")
SILENT = failed("too-long-silence", expected="a heartbeat", observed="nothing")


def entry(**more: Any) -> Entry:
    values: dict[str, Any] = {
        "check": "BEAT-001",
        "target": "https://*.example",
        "reason": "too-long-silence",
        "owner": "somebody",
        "expires": TODAY,
        "why": "the proxy buffers",
    }
    return Entry(**values | more)


def troubles(entries, verdict: Verdict | None, **more) -> list[Trouble]:
    verdicts = {} if verdict is None else {"BEAT-001": verdict}
    return [each.trouble for each in compare(entries, verdicts, target=TARGET, today=TODAY, **more).problems]


def test_the_very_verdict_is_excused_on_the_last_day():
    found = compare([entry()], {"BEAT-001": SILENT}, target=TARGET, today=TODAY)

    assert found.excused == {"BEAT-001"}
    assert found.problems == ()


@pytest.mark.parametrize(
    ("change", "verdict", "trouble", "text"),
    [
        ({}, passed("a heartbeat", SEEN), Trouble.STALE, "is passed now: remove the entry"),
        (
            {"reason": "glued"},
            SILENT,
            Trouble.OTHERWISE,
            "the entry says failed (glued), the run failed (too-long-silence)",
        ),
        (
            {"reason": None},
            SILENT,
            Trouble.OTHERWISE,
            "the entry says failed, the run failed (too-long-silence)",
        ),
        (
            {"outcome": Outcome.INCONCLUSIVE},
            SILENT,
            Trouble.OTHERWISE,
            "the entry says inconclusive (too-long-silence), the run failed (too-long-silence)",
        ),
        (
            {},
            inconclusive(Unproven.TIMING_NOISE, "noise"),
            Trouble.OTHERWISE,
            "the entry says failed (too-long-silence), the run inconclusive (timing-noise)",
        ),
        ({"expires": date(2026, 11, 23)}, SILENT, Trouble.EXPIRED, "expired on 2026-11-23, owner somebody"),
        ({}, None, Trouble.NOTHING, "the run tested no such requirement"),
    ],
)
def test_an_invalid_baseline_entry_excuses_nothing_and_names_the_problem(change, verdict, trouble, text):
    verdicts = {} if verdict is None else {"BEAT-001": verdict}

    found = compare([entry(**change)], verdicts, target=TARGET, today=TODAY)

    assert [(each.trouble, each.text) for each in found.problems] == [(trouble, f"BEAT-001 {text}")]
    assert found.excused == set()


def test_a_flaky_check_may_pass_and_may_fail_as_it_is_known_to():
    flaky = entry(known=Known.FLAKY, expires=date(2026, 12, 24))

    assert troubles([flaky], passed("a heartbeat", SEEN)) == []
    assert compare([flaky], {"BEAT-001": SILENT}, target=TARGET, today=TODAY).excused == {"BEAT-001"}
    assert compare([flaky], {"BEAT-001": passed("a", SEEN)}, target=TARGET, today=TODAY).excused == set()


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        ({"reason": "glued"}, Trouble.OTHERWISE),
        ({"expires": date(2026, 11, 23)}, Trouble.EXPIRED),
        ({"expires": date(2026, 12, 25)}, Trouble.LONG),
    ],
)
def test_a_flaky_entry_excuses_nothing_else_and_not_for_ever(change, trouble):
    assert troubles([entry(known=Known.FLAKY, **change)], SILENT) == [trouble]


def test_a_baseline_entry_for_another_target_is_ignored_and_reported():
    found = compare([entry(target="https://elsewhere")], {"BEAT-001": SILENT}, target=TARGET, today=TODAY)

    assert found.problems == ()
    assert found.elsewhere == ("https://elsewhere",)


@pytest.mark.parametrize(
    ("target", "another", "same"),
    [
        ("http://127.0.0.1:38359", "http://127.0.0.1:40001", True),
        ("http://[::1]:38359", "http://[::1]:40001", True),
        ("https://staging.example", "https://staging.example", True),
        ("https://staging.example", "https://production.example", False),
        ("http://127.0.0.1:38359", "http://127.0.0.2:38359", False),
    ],
)
def test_a_new_entry_is_about_its_host_on_any_port(target, another, same):
    assert entry(target=pattern_of(target)).concerns(another) is same


def test_two_entries_for_one_check_are_one_too_many():
    assert troubles([entry(), entry(target="*")], SILENT) == [Trouble.TWICE]


def test_a_run_over_a_part_says_nothing_of_other_rows():
    assert troubles([entry()], None, selected={"BEAT-002"}) == []
    assert troubles([entry()], None, selected={"BEAT-001"}) == [Trouble.NOTHING]


def test_a_file_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "baseline.yaml"
    entries = (
        entry(link="https://tracker.example/1"),
        entry(check="GET-001", reason=None, known=Known.FLAKY),
    )
    path.write_text(written(entries))

    assert read_baseline(path) == entries


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not YAML"),
        ("format: 1", "entries"),
        ("format: 1\nentries: [{check: BEAT-001}]", "entries/0"),
        (written([entry()]).replace("2026-11-24", "2026-02-30"), "entries/0/expires"),
        (written([entry()]).replace("owner: somebody", "owner: ''"), "entries/0/owner"),
    ],
)
def test_an_unusable_file_is_refused_with_the_place(tmp_path, text, words):
    path = tmp_path / "baseline.yaml"
    path.write_text(text)

    with pytest.raises(BaselineUnusable, match=words):
        read_baseline(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BaselineUnusable, match="no such file"):
        read_baseline(tmp_path / "none.yaml")


def test_renewing_a_baseline_drops_passed_entries_and_adds_new_findings():
    elsewhere = entry(target="https://elsewhere")
    flaky = entry(check="GET-002", known=Known.FLAKY)
    old = [entry(), entry(check="GET-001", reason="wrong"), elsewhere, flaky]
    verdicts = {
        "BEAT-001": SILENT,
        "GET-001": passed("right", SEEN),
        "GET-002": passed("a heartbeat", SEEN),
        "LIST-001": failed("unsorted", expected="sorted", observed="not"),
        "LIST-002": inconclusive(Unproven.PRECONDITION, "no key"),
        "LIST-003": inconclusive(Unproven.PRECONDITION, "no key"),
    }

    new = renewed(
        old,
        verdicts,
        target=TARGET,
        owner="me",
        expires=date(2027, 3, 1),
        binding={"LIST-002"},
        flaky={"LIST-001": date(2026, 12, 24)},
    )

    assert new[:3] == (elsewhere, entry(), flaky)
    assert [(each.check, each.outcome, each.known, each.expires) for each in new[3:]] == [
        ("LIST-001", Outcome.FAILED, Known.FLAKY, date(2026, 12, 24)),
        ("LIST-002", Outcome.INCONCLUSIVE, Known.FAILING, date(2027, 3, 1)),
    ]
    assert compare(new, verdicts, target=TARGET, today=TODAY).problems == ()
