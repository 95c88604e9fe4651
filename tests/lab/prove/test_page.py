"""The page of a proof: what was broken, how the judge reacted, and other changes."""

from typing import Any

import pytest

from lab.prove.page import MOST_CHANGED, page


def finding(**more: Any) -> dict[str, Any]:
    return {
        "id": "code.not-found",
        "row": "HTTP-001",
        "expected": "wrong-code",
        "grade": "caught",
        "outcome": "failed",
        "reason": "wrong-code",
        "observed": "404",
        "fired": 1,
        "met": "project",
        "changed": {},
        **more,
    }


def proof(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    server = {"summary": "1 of 1 caught", "seconds": 2.0, "problems": [], "findings": list(findings)}
    return {
        "suite": "0.1",
        "ledger": "1.0",
        "only": None,
        "started_at": "2026-11-24T20:13:20.000+00:00",
        "seconds": 3.0,
        "exit_code": 0,
        "parts": {"server": server},
        **more,
    }


def changed(rows: int) -> dict[str, Any]:
    return {f"GET-{n:03}": {"was": "passed", "is": "failed (x)"} for n in range(1, rows + 1)}


def test_requirements_that_changed_alike_are_grouped_and_folded_when_many():
    few, many = (page(proof(finding(changed=changed(rows)))) for rows in (MOST_CHANGED, MOST_CHANGED + 1))

    assert "failed (x): GET-001, GET-002, GET-003<" in few
    assert "<details>" not in few
    assert "<details><summary>4 requirements</summary>" in many
    assert many.count("failed (x)") == 1


@pytest.mark.parametrize(
    ("fired", "met", "said"),
    [
        (1, "project", "1 time, for one project"),
        (3, "server", "3 times, for every caller"),
        (0, "", "0 times, never fired"),
    ],
)
def test_how_often_a_fault_fired_has_words(fired, met, said):
    assert said in page(proof(finding(fired=fired, met=met)))


def test_a_part_of_a_proof_is_not_called_the_whole():
    assert "The suite is proven, as far as HTTP-* goes." in page(proof(finding(), only=["HTTP-*"]))
    assert "The suite is proven." in page(proof(finding()))
    assert "The suite is not proven, as far as HTTP-* goes." in page(proof(only=["HTTP-*"], exit_code=14))


def test_every_cell_has_its_name_for_a_narrow_screen_and_no_backtick_is_left():
    text = page(proof(finding()))

    assert text.count("data-name=") == 6
    assert "Every 405 has an <code>Allow</code> header" in text
    assert "2026-11-24 20:13:20 UTC" in text


def test_rates_are_shown_by_value_and_values_without_samples_are_left_out():
    rate = {"shown": 4, "caught": 3, "partly": 1, "rate": 0.75, "low": 0.3006, "high": 0.9544}
    none = {"shown": 0, "caught": 0, "partly": 0, "rate": 0.0, "low": 0.0, "high": 1.0}
    confined = {"summary": "", "seconds": 1.0, "problems": []}
    confined["dimensions"] = {"session": {"restored": rate, "live": none}}

    text = page(proof(finding(), parts={"server": proof(finding())["parts"]["server"], "confined": confined}))

    assert '<th scope="row">session</th><td>restored</td><td>4</td><td>3</td><td>1</td><td>75.0%</td>' in text
    assert "<td>live</td>" not in text
