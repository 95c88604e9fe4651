import re
from pathlib import Path

import pytest

from sigmic_conformance.reports import page

CSS = Path(page.__file__).with_name("page.css").read_text()
READABLE, VISIBLE = 4.5, 3.0
"""The contrast that WCAG 2 demands for text (AA), and for other visible parts."""


def scheme(*, dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, night = (dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in blocks)
    return light | night if dark else light


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_and_marks_can_be_seen(dark):
    colours = scheme(dark=dark)
    words = ("text", "soft", "link", "failed", "unsure")
    text = [(name, ground) for name in words for ground in ("page", "raised")]
    badges = [("on", name) for name in ("failed", "errored", "unsure", "warned", "info", "passed", "none")]
    bands = [ground for ground in colours if ground.startswith("band")]
    ticks = [
        (n, g) for n in ("history", "state", "content", "call", "result", "beat", "failed") for g in bands
    ]

    readable = [*text, *badges, ("marktext", "mark"), *[("soft", ground) for ground in bands]]
    assert [(a, b) for a, b in readable if contrast(colours[a], colours[b]) < READABLE] == []
    assert [(a, b) for a, b in ticks if contrast(colours[a], colours[b]) < VISIBLE] == []
