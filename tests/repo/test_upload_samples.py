"""The committed upload samples are exactly what their generator makes."""

from tests.fakes.archives import GOOD, HOSTILE, SAMPLES, write


def test_every_sample_is_what_the_generator_makes(tmp_path):
    write(tmp_path)
    made = {
        str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    }
    committed = {
        str(path.relative_to(SAMPLES)): path.read_bytes()
        for path in SAMPLES.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }
    assert sorted(committed) == sorted(made), "remove what nothing makes; `tox -e fix` writes what is missing"
    assert committed == made, "run `tox -e fix`"


def test_the_readme_names_every_sample():
    readme = (SAMPLES / "README.md").read_text()
    assert [name for name in (*GOOD, *HOSTILE) if f"`{name}`" not in readme] == []
