import hashlib
import json

import pytest

from sigmic_conformance.conformance.reports.statement import as_json, as_markdown, statement
from sigmic_conformance.conformance.results.saved import Unusable
from tests.conformance.reports.material import hostile_run, material, plain_run
from tests.conformance.saving import verdict

WAIVER = {
    "check": "BEAT-002",
    "reason": "other-comment",
    "owner": "ops",
    "expires": "2027-01-01",
    "why": "the proxy renames it",
}


def test_it_says_what_was_claimed_proven_waived_and_unproven(tmp_path):
    baseline = {"excused": ["BEAT-002"], "waivers": [WAIVER], "problems": []}
    said = statement(material(plain_run(tmp_path, baseline=baseline, exit_code=0)), signed_by="A. Nother")

    assert said["proven"] == ["PHASE-001"]
    assert said["broken"] == []
    assert said["waived"][0] | {"link": ""} == {
        "id": "BEAT-002",
        "reason": "other-comment",
        "owner": "ops",
        "expires": "2027-01-01",
        "why": "the proxy renames it",
        "link": "",
    }
    assert [each["id"] for each in said["unproven"]] == ["BEAT-001"]
    assert said["tolerated"] == ["STREAM-014"]
    assert said["conformant"] is False, "what is waived is not conformant"
    assert said["signed_off"]["by"] == "A. Nother"


@pytest.mark.parametrize("left", [{}, {"selection": "BEAT"}, {"tier": "smoke", "unselected": ["GET-001"]}])
def test_only_a_whole_run_without_exceptions_is_conformant(tmp_path, left):
    said = statement(material(plain_run(tmp_path, [verdict("PHASE-001")], exit_code=0, **left)))

    assert said["conformant"] is (not left)
    assert said["not_judged"] == left.get("unselected", [])


def test_its_digests_are_those_of_the_files(tmp_path):
    said = statement(material(plain_run(tmp_path)))

    for name, digest in said["sha256"].items():
        assert hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == digest
    assert set(said["sha256"]) == {"result.json", "transcripts/easy_task.ndjson"}


def test_nobody_signs_for_altered_or_missing_transcripts(tmp_path):
    probes = {"easy_task": {"ending": "complete", "detail": "", "exchanges": 1, "sha256": "0" * 64}}
    with pytest.raises(Unusable, match="was changed after the run, so it can't be signed"):
        statement(material(plain_run(tmp_path, probes=probes)))
    with pytest.raises(Unusable, match="has no transcripts"):
        statement(material(plain_run(tmp_path, probes={})))


@pytest.mark.parametrize("make", [plain_run, hostile_run])
def test_both_forms(tmp_path, make):
    said = statement(material(make(tmp_path)))

    assert json.loads(as_json(said)) == said
    text = as_markdown(said)
    assert text.startswith("# Statement of conformance to the Sigmic AI API\n")
    assert "| result.json | `" in text
    assert "Signature: ____" in text
    assert not set(text) & {"\x00", "\u202e"}
