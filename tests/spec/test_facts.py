"""Every fact of the documentation is listed, and has a requirement or a reason for having none."""

import re

import pytest

from sigmic_mock.domain.errors import ErrorCode
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import LedgerError

LEDGER = Ledger.load()
SERIES = "CSAUHVXG"


def numbered(letter: str) -> set[str]:
    """Return the ids of a series in the facts file."""
    return {name for name in LEDGER.facts if re.fullmatch(rf"{letter}-\d+", name)}


@pytest.mark.parametrize("letter", SERIES)
def test_no_number_of_a_series_is_missing(letter):
    found = numbered(letter)

    assert found == {f"{letter}-{number:02d}" for number in range(1, len(found) + 1)}


def test_every_documented_error_code_is_a_fact():
    codes = {name.removeprefix("4/") for name in LEDGER.facts if name.startswith("4/")}

    assert codes == {code.value for code in ErrorCode if code.is_documented}


def test_every_event_type_is_a_fact():
    facts = {name.removeprefix("3.3/") for name in LEDGER.facts if name.startswith("3.3/")}

    assert set(Document.load().event_schemas) <= facts


@pytest.mark.parametrize("path", ["2.4/", "2.10/"])
def test_documented_facts_of_the_api_are_settled_by_rows(path):
    loose = [
        fact.id
        for fact in LEDGER.facts.values()
        if fact.id.startswith(path) and "documented" in fact.tags and not fact.requirements
    ]

    assert loose == []


def test_every_contradiction_that_can_be_observed_has_a_row_or_a_choice():
    facts = {name: LEDGER.facts[name] for name in numbered("X")}
    silent = {name for name, fact in facts.items() if not (fact.requirements or fact.choices)}

    assert {LEDGER.facts[name].unmapped for name in silent} <= {
        "console-only",
        "illustrative-example",
        "not-observable-from-outside",
        "out-of-scope-surface",
    }


def test_pages_are_sources_of_the_ledger_or_named_beside_them():
    beside = {"simple-agent-chat.space", "gemini-cli"}

    assert {fact.page for fact in LEDGER.facts.values()} - set(LEDGER.sources) == beside


def test_every_reason_is_used():
    used = {fact.unmapped for fact in LEDGER.facts.values()} | {row.untestable for row in LEDGER.requirements}

    assert used - {None} == set(LEDGER.reasons)


SECTIONS_OF_TWO = "sections: {C: {title: Conventions}, G: {title: Gaps, tags: [gap]}}"
HEAD = """\
version: "1.0"
areas: {LIST: Listing}
sources: {RFC9110: HTTP}
reasons: {console-only: in the Console}
operation_groups: {}
"""
ROWS = """\
- id: LIST-001
  evidence: inherited
  source: RFC9110 §9
  operations: [list_tasks]
  facts: [C-01]
  probes: [list_pages]
  statement: A page ends.
"""


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ("C-01: {tags: [documented], page: p, say: s}", "C-01: unknown key 'say'; did you mean says?"),
        ("C-01: {tags: [certain], page: p, says: s}", "facts.yaml: facts: C-01: tags: 0: "),
        ("C-01: {page: p, says: s}", "C-01: has no tags"),
        ("C-01: {tags: [unseen], says: s}", "C-01: has no page"),
        ("S-01: {tags: [unseen], page: p, says: s}", "S-01: no section S"),
        ("C-01: 7", "facts.yaml: C-01: not a mapping"),
        (
            "C-01: {tags: [unseen], page: p, says: s, unmapped: console-only}",
            "C-01: unmapped, yet settled by LIST-001",
        ),
        (
            "C-01: {tags: [unseen], page: p, says: s}\n  C-02: {tags: [unseen], page: p, says: s}",
            "C-02: settled by no requirement and no choice, and without a reason",
        ),
        (
            "C-01: {tags: [unseen], page: p, says: s}\n  G-02: {page: p, says: s, unmapped: lazy}",
            "G-02: unknown reason lazy",
        ),
        (
            "C-01: {tags: [unseen], page: p, says: s}\n  C-01: {tags: [unseen], page: p, says: s}",
            "the key 'C-01' is given twice",
        ),
    ],
)
def test_a_broken_facts_file_is_refused_by_file_and_fact(tmp_path, facts, complaint):
    folder = tmp_path / "requirements"
    folder.mkdir()
    (folder / "ledger.yaml").write_text(HEAD, encoding="utf-8")
    (folder / "list.yaml").write_text(ROWS, encoding="utf-8")
    (tmp_path / "facts.yaml").write_text(f"{SECTIONS_OF_TWO}\nfacts:\n  {facts}\n", encoding="utf-8")

    (tmp_path / "choices.yaml").write_text("[]", encoding="utf-8")

    with pytest.raises(LedgerError) as refusal:
        Ledger.read(folder, tmp_path / "facts.yaml", tmp_path / "choices.yaml")

    assert complaint in str(refusal.value)
