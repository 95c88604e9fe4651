"""The upload samples are generated and described; `tools.generated --check` compares what they hold."""

from tests.fakes.archives import GOOD, HOSTILE, SAMPLES


def test_every_sample_is_generated_and_described():
    samples = {path.name for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".md"}
    readme = (SAMPLES / "README.md").read_text()

    assert samples == {*GOOD, *HOSTILE}
    assert [name for name in sorted(samples) if f"`{name}`" not in readme] == []
