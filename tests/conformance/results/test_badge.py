from xml.etree import ElementTree as ET

import pytest

from sigmic_conformance.conformance.results import badge, saved
from tests.conformance.saving import save, verdict


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([verdict("GET-001")], {}, ("1/1 passed", badge.GREEN)),
        ([verdict("GET-001", "failed", "x")], {}, ("0/1 passed · 1 failed", badge.RED)),
        ([verdict("GET-001", "blocked")], {}, ("0/1 passed · 1 unproven", badge.YELLOW)),
        ([verdict("GET-001")], {"selection": "GET"}, ("1/1 passed · part of the rows", badge.YELLOW)),
        ([], {"problem": "nobody <answers>"}, ("not judged", badge.GREY)),
    ],
)
def test_what_a_badge_says(tmp_path, rows, more, said):
    run = saved.read(save(tmp_path, rows, **more))

    assert badge.message(run) == said
    assert badge.endpoint(run)["message"] == said[0]
    assert said[0] in "".join(ET.fromstring(badge.picture(run)).itertext())
