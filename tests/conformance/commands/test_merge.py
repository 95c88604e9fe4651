"""Merge the shards of a run into one result."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.platforms.server import Edge, serve
from lab.platforms.suite_run import run_here
from sigmic_conformance.cli import main
from sigmic_conformance.target.profile import Profile
from sigmic_spec.ledger import Ledger
from tests.conformance.saving import save, verdict

ROWS = "LIST-014 or GET-001 or HTTP-002"


class Nameless(Edge):
    """get_task returns a task without an id."""

    def get_task(self, id: str) -> None:
        view = self.server.platform.view(self.task(id))
        self.succeed({name: value for name, value in view.items() if name != "id"})


@pytest.mark.nightly
def test_shards_come_to_the_verdicts_of_the_whole(tmp_path, capsys):
    with serve(Nameless, heartbeat=0.5) as target:
        key, _ = target.accounts.keys
        environment = {"SIGMIC_API_KEY": key}
        words = ("--heartbeat", "0.5", "--seed", "5", "-k", ROWS)
        shards = [("--shard", f"{number}/2") for number in (1, 2)]
        whole, *parts = (
            run_here(target.url, tmp_path / str(number), environment, *words, *more)
            for number, more in enumerate([(), *shards])
        )
    folders = [str(tmp_path / "1"), str(tmp_path / "2")]

    code = main(["merge", *folders, "--report-dir", str(tmp_path / "merged")])

    said = json.loads((tmp_path / "merged" / "result.json").read_text())
    found = {row["id"]: (row["outcome"], row["reason"]) for row in said["verdicts"]}
    assert found["GET-001"][0] == "failed"
    assert found == {row: (each["outcome"], each["reason"]) for row, each in whole.verdicts.items()}
    assert not any({"LIST-006", "GET-001"} & set(part.verdicts) for part in parts), (
        "sweeps are left to the whole"
    )
    assert (code, said["exit_code"], said["selection"]) == (whole.code, whole.code, ROWS)
    assert (tmp_path / "merged" / "report.html").exists()
    assert "requirements passed" in capsys.readouterr().out
    assert main(["rejudge", str(tmp_path / "merged")]) == 0


def shard(folder: Path, number: int, of: int = 2, **more: Any) -> Path:
    told = {"number": number, "of": of, "asked": ["GET-001", "GET-031"], "held": ["GET-001"]}
    document: dict[str, Any] = {
        "ledger": Ledger.load().version,
        "shard": told,
        "tier": "full",
        "seed": 5,
        "unselected": [],
        "pin": None,
        "selection": None,
        "budget": {"planned": None, "spent": {"turns": 0, "bytes": 0}, "left_out": {}},
    }
    return save(folder, [verdict("GET-031")], **document | more)


def elsewhere(url: str, **more: Any) -> dict[str, Any]:
    return {"target": Profile(base_url=url, **more).public()}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"number": 2, "ledger": "0.1"}, "different ledgers"),
        ({"number": 2, "seed": 6}, "different seeds"),
        ({"number": 2} | elsewhere("https://other.example"), "different targets"),
        ({"number": 2} | elsewhere("http://127.0.0.1:1", has_widget=True), "different profiles: has_widget"),
        ({"number": 1}, "shard 1/2 is given twice"),
        ({"number": 2, "of": 3}, "not shards of the same run"),
        ({"number": 2, "shard": None}, "is not a shard of a run"),
    ],
)
def test_shards_that_do_not_fit_together_are_refused_and_nothing_is_written(tmp_path, refused, other, words):
    folders = [shard(tmp_path / "a", 1), shard(tmp_path / "b", **other)]

    assert words in refused(["merge", *map(str, folders), "--report-dir", str(tmp_path / "whole")])
    assert not (tmp_path / "whole").exists()


@pytest.mark.parametrize(
    ("of", "folder", "words"),
    [(3, "whole", "shard 2/3, 3/3 is missing"), (1, "a", "holds one of the shards")],
)
def test_a_whole_run_has_all_its_shards_and_a_folder_of_its_own(tmp_path, refused, of, folder, words):
    run = str(shard(tmp_path / "a", 1, of))

    assert words in refused(["merge", run, "--report-dir", str(tmp_path / folder)])


def test_a_hostile_shard_writes_nothing_outside_the_merged_folder(tmp_path, refused):
    """Its probes have names that lead to another folder, where there is a transcript already."""
    elsewhere = tmp_path / "x" / "owned.ndjson"
    elsewhere.parent.mkdir()
    elsewhere.write_text("precious")
    probe = {"ending": "complete", "detail": "", "exchanges": 0, "sha256": ""}
    folders = [
        shard(tmp_path / "in" / "deep" / "a", 1, probes={"../../../x/owned": probe}),
        shard(tmp_path / "in" / "deep" / "b", 2),
    ]

    line = refused(["merge", *map(str, folders), "--report-dir", str(tmp_path / "out" / "whole")])

    assert "is not the result of a run: probes" in line
    assert elsewhere.read_text() == "precious"
    assert not (tmp_path / "out").exists()


def test_a_shard_that_was_not_tested_leaves_its_requirements_unproven(tmp_path, capsys):
    told: dict[str, Any] = {"problem": "connection refused", "exit_code": 12, "exit_codes": [12]}
    folders = [shard(tmp_path / "a", 1, **told), shard(tmp_path / "b", 2, **told)]

    code = main(["merge", *map(str, folders), "--report-dir", str(tmp_path / "whole")])

    said = json.loads((tmp_path / "whole" / "result.json").read_text())
    assert (code, said["problem"]) == (12, "connection refused")
    assert {row["outcome"] for row in said["verdicts"]} == {"blocked"}
    assert "GET-001" in capsys.readouterr().out
