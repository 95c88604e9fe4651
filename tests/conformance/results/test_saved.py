import pytest

from sigmic_conformance.conformance.judging.verdict import Citation, Outcome, passed
from sigmic_conformance.conformance.registry import Registry
from sigmic_conformance.conformance.results import saved
from sigmic_conformance.conformance.run import result
from sigmic_conformance.conformance.run.preflight import Preflight
from sigmic_conformance.conformance.run.run import Run
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from sigmic_conformance.spec.ledger import Ledger
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
def test_what_is_no_finished_run_is_refused(tmp_path, change, words):
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


def test_a_folder_without_a_run_is_refused_with_what_to_give(tmp_path):
    with pytest.raises(saved.Unusable, match=r"no such file or directory; give the folder of a run, which"):
        saved.read(tmp_path)


def test_a_missing_transcript_is_refused(tmp_path):
    run = saved.read(save(tmp_path, [verdict("GET-001")], [TRANSCRIPT]))
    (tmp_path / "transcripts" / "p.ndjson").unlink()

    with pytest.raises(saved.Unusable, match="no such file"):
        run.transcripts()
