import json
import re
from typing import Any

import pytest

from sigmic_conformance.model.record.verdict import Citation, Outcome, passed
from sigmic_conformance.registry import Registry, load
from sigmic_conformance.results import saved
from sigmic_conformance.run import result
from sigmic_conformance.run.preflight import Preflight
from sigmic_conformance.run.run import Run
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.wire.transcript import JOURNEY, Ending, Transcript
from sigmic_spec.ledger import Ledger
from tests.conformance.kit import exchange
from tests.conformance.saving import save, verdict

TRANSCRIPT = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(exchange(),))


def test_a_saved_run_is_read_back(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")], [TRANSCRIPT]))

    assert run.profile == Profile(base_url="http://127.0.0.1:1")
    assert run.verdicts["GET-001"].outcome is Outcome.PASSED
    assert run.transcripts() == {"p": TRANSCRIPT}


def test_letters_that_utf_8_cannot_say_are_kept(tmp_path):
    half = "id \ud800"
    ledger = Ledger.load()
    told = Citation(probe="preflight", exchange=1, label=half, note=half)
    run = Run(
        profile=Profile(base_url="http://127.0.0.1:1"),
        credentials=Credentials(api_key="sigmic_secret"),
        ledger=ledger,
        registry=Registry(),
        verdicts={"GET-001": passed(half, told)},
        reachable=Preflight(None, (exchange(label=half),)),
    )

    result.write(run, tmp_path, complete=True)

    back = saved.read(tmp_path)
    assert back.verdicts == run.verdicts
    assert back.transcripts() == run.transcripts()


def test_the_file_itself_may_be_named(tmp_path):
    save(tmp_path, [verdict("GET-001")])

    assert list(saved.read(tmp_path / "result.json").verdicts) == ["GET-001"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"complete": False}, "no footer: the run was cut short"),
        ({"complete": None}, "no footer"),
        ({"format": 2}, "is not the result of a run"),
        ({"counts": []}, "is not the result of a run: counts"),
    ],
)
def test_an_unfinished_or_foreign_result_is_refused(tmp_path, change, words):
    save(tmp_path, [verdict("GET-001")], **change)

    with pytest.raises(saved.Unusable, match=words):
        saved.read(tmp_path)


@pytest.mark.parametrize("length", [0, 1, 100, -2])
def test_a_truncated_result_is_refused(tmp_path, length):
    path = save(tmp_path, [verdict("GET-001")]) / "result.json"
    path.write_text(path.read_text()[:length])

    with pytest.raises(saved.Unusable, match="cut short"):
        saved.read(tmp_path)


def test_a_truncated_transcript_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")], [TRANSCRIPT]))
    path = tmp_path / "transcripts" / "p.ndjson"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(saved.Unusable, match="truncated"):
        run.transcripts()


def test_a_folder_without_a_run_is_refused_with_advice(tmp_path):
    with pytest.raises(saved.Unusable, match=r"no such file or directory; give the folder of a run, which"):
        saved.read(tmp_path)


def test_a_missing_transcript_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")], [TRANSCRIPT]))
    (tmp_path / "transcripts" / "p.ndjson").unlink()

    with pytest.raises(saved.Unusable, match="no such file"):
        run.transcripts()


NAMES = ["../../../x/owned", "a/b", "/etc/passwd", "..", ".", "", "a\\b", "a\nb", "A", "\x1b[31m", "é"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["probes", "probes_again", "again", "slices", "choices"])
def test_a_name_of_a_probe_leads_to_no_other_folder(tmp_path, place, name):
    seen = {"probe": name, "exchange": 1, "label": "x", "note": "y"}
    answer = {"text": "x", "probe": name, "exchange": 1}
    probe = {name: {"ending": "complete", "detail": "", "exchanges": 0, "sha256": ""}}
    places: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "probes": ({}, {"probes": probe}),
        "probes_again": ({}, {"probes_again": probe}),
        "again": ({"again": {"said": "x", "probes": [name]}}, {}),
        "slices": ({"slices": [seen]}, {}),
        "choices": ({}, {"choices": [{"id": "G-01", "question": "x", "answers": [answer]}]}),
    }
    row, more = places[place]

    with pytest.raises(saved.Unusable, match=f"is not the result of a run: .*{place}"):
        saved.read(save(tmp_path, [verdict("GET-001", **row)], **more))


def test_the_names_of_all_probes_and_journeys_are_allowed():
    names = {*load(Ledger.load().by_id).probes, f"{JOURNEY}12_a", "preflight"}
    allowed = json.loads(saved.SCHEMA.read_text())["$defs"]["name"]["pattern"]

    assert [name for name in names if not re.search(allowed, name)] == []


def test_an_altered_transcript_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")], [TRANSCRIPT]))
    path = tmp_path / "transcripts" / "p.ndjson"
    path.write_text(path.read_text().replace('"number":1', '"number":2'))

    with pytest.raises(saved.Unusable, match=r"p.ndjson was altered after the run"):
        run.transcripts()


def test_a_probe_that_the_run_does_not_have_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")]))

    with pytest.raises(saved.Unusable, match="the run has no probe p"):
        run.transcript("p")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"started_at": "2026-13-24T16:00:00.000+00:00"}, "started_at"),
        ({"started_at": "2026-11-24T16:00:00"}, "started_at"),
        ({"exit_code": 6}, "exit_code"),
        ({"problem": []}, "problem"),
        ({"target": {"base_url": "file:///etc", "reference": False}}, "target/base_url"),
        ({"target": {"base_url": "http://x", "reference": False, "without": [{}]}}, "target/without/0"),
        ({"shard": {"number": 1, "of": 10**9, "asked": [], "held": []}}, "shard/of"),
        ({"shard": {"number": 1, "of": 2, "asked": [], "held": []}}, "is a required property"),
        ({"verdicts": [verdict("GET-001", "failed")]}, "verdicts/0/reason"),
        ({"verdicts": [verdict("GET-001", reason="-")]}, "verdicts/0/reason"),
        ({"verdicts": [verdict("GET-001", slices=[{"more": 1}])]}, "verdicts/0/slices/0"),
    ],
)
def test_a_member_of_another_form_is_refused_by_its_name(tmp_path, change, words):
    rows, more = change.get("verdicts", []), {key: change[key] for key in change if key != "verdicts"}

    with pytest.raises(saved.Unusable, match=words):
        saved.read(save(tmp_path, rows, **more))


def test_a_situation_that_is_not_listed_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [], situations={"met": [], "judged": {"GET-001": [[0, 1]]}}))

    with pytest.raises(saved.Unusable, match="counts one that it does not list"):
        _ = run.situations
