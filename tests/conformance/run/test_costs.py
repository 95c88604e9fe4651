from dataclasses import replace

from sigmic_conformance.run import costs
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.wire.transcript import Ending, Sent, Transcript
from tests.conformance.kit import SECOND, exchange
from tests.conformance.saving import save, verdict


def post(operation: str, status: int, *, number: int, size: int, written: int | None = None):
    made = exchange(operation=operation, status=status, number=number, method="POST", ended=number)
    return replace(
        made, started=SECOND // 2, sent=Sent(method="POST", target="/", size=size, written=written)
    )


RECORDED = Transcript(
    probe="easy_task",
    ending=Ending.COMPLETE,
    exchanges=(
        post("create_task", 201, number=1, size=10),
        post("create_task", 422, number=2, size=20),
        post("send_message", 202, number=3, size=30),
        post("cancel_task", 202, number=4, size=0),
        post("create_task", 413, number=5, size=10**12, written=40),
    ),
)


def test_a_cost_counts_turns_that_were_accepted_and_bytes_that_were_sent():
    assert costs.cost(RECORDED) == Cost(requests=5, turns=2, bytes=100, seconds=4.5)


def test_costs_are_read_back_as_written(tmp_path):
    path = tmp_path / "costs.yaml"
    each = Cost(requests=5, turns=2, bytes=100, seconds=4.5)
    path.write_text(costs.rendered(Profile(base_url="http://x", heartbeat_seconds=2), {"p": each}))

    found = costs.load(path)

    assert (found.of("p"), found.of("q"), found.profile.heartbeat_seconds) == (each, None, 2)


def test_a_run_without_a_probe_names_it(tmp_path, capsys):
    run = save(tmp_path / "run", [verdict("GET-001")], [RECORDED])

    assert costs.main([str(run)], into=tmp_path / "costs.yaml") == 1

    said = capsys.readouterr()
    assert "1 probe measured" in said.out
    assert "not run to their end: accept_headers" in said.err
    assert costs.load(tmp_path / "costs.yaml").of("easy_task") is not None


def test_a_folder_without_a_run_is_refused_with_the_usage(tmp_path, capsys):
    assert costs.main([str(tmp_path)]) == 4
    assert costs.main([]) == 4
    assert "usage" in capsys.readouterr().err
