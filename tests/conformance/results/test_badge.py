from xml.etree import ElementTree as ET

import pytest

from sigmic_conformance.results import badge, saved
from tests.conformance.saving import save, verdict


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([verdict("GET-001")], {}, ("1/1 passed", badge.GREEN)),
        ([verdict("GET-001", "failed", "x")], {}, ("0/1 passed · 1 failed", badge.RED)),
        ([verdict("GET-001", "blocked")], {}, ("0/1 passed · 1 unproven", badge.YELLOW)),
        ([verdict("GET-001")], {"selection": "GET"}, ("1/1 passed · part of the requirements", badge.YELLOW)),
        ([], {"problem": "nobody <answers>"}, ("not tested", badge.GREY)),
    ],
)
def test_a_badge_shows_the_counts_of_the_run(tmp_path, rows, more, said):
    run = saved.read(save(tmp_path, rows, **more))

    assert badge.message(run) == said
    assert badge.endpoint(run)["message"] == said[0]
    assert said[0] in "".join(ET.fromstring(badge.picture(run)).itertext())


@pytest.mark.parametrize(
    ("standing", "counts", "said"),
    [
        ("conformant", {}, ("conformant", badge.GREEN)),
        ("not conformant", {"broken": 2, "unproven": 1}, ("not conformant · 2 failed", badge.RED)),
        ("not proven", {"unproven": 1, "unjudged": 2}, ("not proven · 3 open", badge.YELLOW)),
        ("not claimed", {}, ("not claimed", badge.GREY)),
    ],
)
def test_a_badge_shows_the_standing_of_a_claim(tmp_path, standing, counts, said):
    claim = {"standing": standing, "passed": 1, "broken": 0, "unproven": 0, "unjudged": 0, "of": 9} | counts
    run = saved.read(save(tmp_path, [verdict("GET-001")], claims={"files": claim}))

    assert badge.claim_message(run, "files") == said
    assert badge.endpoint(run, "files")["label"] == "Sigmic AI API: files"
    assert said[0] in "".join(ET.fromstring(badge.picture(run, "files")).itertext())
