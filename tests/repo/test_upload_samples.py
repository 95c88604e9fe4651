"""The samples for uploads are explained."""

from tests.fakes.archives import GOOD, HOSTILE, SAMPLES


def test_the_readme_names_every_sample():
    readme = (SAMPLES / "README.md").read_text()
    assert len(GOOD) + len(HOSTILE) > 40
    assert [name for name in (*GOOD, *HOSTILE) if f"`{name}`" not in readme] == []
