"""The requirements ledger: ours is complete, and an invalid one is refused with the name of the row."""

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from sigmic_mock.domain.errors import ErrorCode
from sigmic_mock.domain.model import Outcome, TaskStatus
from sigmic_spec.document import Document
from sigmic_spec.ledger import Ledger
from sigmic_spec.requirement import Evidence, Kind, LedgerError, Level

ROOT = Path(__file__).parents[2]
LEDGER = Ledger.load()
HEAD = """\
version: "1.0"
areas: {LIST: Listing}
sources: {tasks/list: a page, RFC9110: HTTP}
reasons: {console-only: in the Console}
operation_groups: {json: [list_tasks]}
"""
MINIMAL = """\
- id: LIST-001
  level: should
  evidence: documented
  source: tasks/list
  operations: json
  facts: [C-03]
  probes: [list_pages]
  statement: >-
    A page holds at most
    `limit` tasks.
"""
STATEMENT = "A page holds at most `limit` tasks."
MINIMAL_FACTS = """\
sections: {C: {title: Conventions, page: tasks/list}}
facts: {C-03: {tags: [example], says: Pages are limited.}}
"""


@pytest.fixture
def read(tmp_path):
    """Read a ledger from texts, by default a small valid one."""

    def read(
        rows: str = MINIMAL, facts: str = MINIMAL_FACTS, head: str = HEAD, choices: str = "[]"
    ) -> Ledger:
        folder = tmp_path / "requirements"
        folder.mkdir(exist_ok=True)
        (folder / "ledger.yaml").write_text(head)
        (folder / "list.yaml").write_text(rows)
        (tmp_path / "facts.yaml").write_text(facts)
        (tmp_path / "choices.yaml").write_text(choices)
        return Ledger.read(folder, tmp_path / "facts.yaml", tmp_path / "choices.yaml")

    return read


def test_a_small_correct_ledger_is_read(read):
    ledger = read()

    assert ledger.by_id["LIST-001"].statement == STATEMENT
    assert ledger.by_id["LIST-001"].area == "LIST"
    assert ledger.by_id["LIST-001"].operations == ("list_tasks",)
    assert ledger.facts["C-03"].requirements == ("LIST-001",)
    assert ledger.counts() == {(Evidence.DOCUMENTED, Level.SHOULD): 1}
    (row,) = read(MINIMAL.replace("  level: should\n", "").replace("  source: tasks/list\n", "")).requirements
    assert (row.level, row.source) == (Level.MUST, "tasks/list")


def test_a_pinned_ledger_knows_which_rows_are_newer(read):
    head = HEAD.replace('version: "1.0"', 'version: "1.10"\nsince: "1.2"')

    ledger = read(MINIMAL + MINIMAL.replace("LIST-001", "LIST-002") + '  since: "1.10"\n', head=head)

    assert ledger.versions == ("1.2", "1.10")
    assert [row.is_newer for row in ledger.pinned("1.2").requirements] == [False, True]
    assert not any(row.is_newer for row in ledger.pinned("1.10").requirements + ledger.requirements)
    with pytest.raises(LedgerError, match=r"there is no ledger 1\.1 here, only 1\.2, 1\.10"):
        ledger.pinned("1.1")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("evidence:", "evidnce:", "LIST-001: unknown key 'evidnce'; did you mean evidence?"),
        ("id: LIST-001", "id: LIST-002", "LIST-002: the next id of its area is LIST-001"),
        ("id: LIST-001", "id: GET-001", "GET-001: is not of this file's area"),
        ("id: LIST-001", "id: list-1", "list-1: id: "),
        ("level: should", "level: shall", "LIST-001: level: "),
        ("source: tasks/list", "source: tasks/lists", "LIST-001: unknown source tasks/lists"),
        ("operations: json", "operations: [list_task]", "LIST-001: operations: "),
        ("facts: [C-03]", "facts: [C-30]", "LIST-001: unknown fact C-30"),
        ("  facts: [C-03]\n", "", "LIST-001: settles no fact and states no standard"),
        ("level: should", "level: should\n  kind: shape", "LIST-001: kind: "),
        ("level: should", "level: should\n  kind: safety\n  reading: {a: x, b: y}", "so its kind is pin"),
        ("level: should", "level: should\n  level: may", "the key 'level' is given twice"),
        ("level: should", "level: should\n  untestable: too-hard", "LIST-001: unknown reason too-hard"),
        (
            "level: should",
            'level: should\n  since: "1.1"',
            "LIST-001: since 1.1, and this is only version 1.0",
        ),
        ("level: should", "level: should\n  decision: G-36", "LIST-001: unknown fact G-36"),
        ("[C-03]", "[G-36]\n  decision: G-36", "LIST-001: names its decision G-36 among its facts"),
        ("evidence: documented", "evidence: chosen", "LIST-001: evidence: "),
        (
            "  source: tasks/list\n  operations: json\n  facts: [C-03]",
            "  operations: json\n  facts: [C-30]",
            "LIST-001: has no source, and no fact whose page is one",
        ),
        ("evidence: documented", "evidence: inherited", "an inherited row, and no other"),
        ("source: tasks/list", "source: RFC9110 §9", "an inherited row, and no other"),
        ("tasks.\n", "tasks. And it is sorted\n", "LIST-001: statement: "),
        ("  probes: [list_pages]\n", "", "names the probes that show it, or says why it is untestable"),
        ("- id:", "- [", "list.yaml: "),
    ],
)
def test_a_broken_ledger_is_refused_by_file_and_row(read, old, new, complaint):
    assert old in MINIMAL

    with pytest.raises(LedgerError) as refusal:
        read(MINIMAL.replace(old, new, 1))

    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith("list.yaml: ")


@pytest.mark.parametrize("text", ["", "[]", "\x00", "id: 7", "[7]"])
def test_a_file_that_lists_no_requirements_is_refused(read, text):
    with pytest.raises(LedgerError, match=r"^list\.yaml: "):
        read(text)


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("", "ledger.yaml: not a mapping"),
        (HEAD.replace("areas:", "area:"), "ledger.yaml: unknown key 'area'; did you mean areas?"),
        (
            HEAD.replace("LIST:", "LISTS:"),
            "list.yaml: ledger.yaml names no such area; did you mean lists.yaml?",
        ),
        (HEAD.replace("{LIST: ", "{GET: Reading, LIST: "), "get.yaml: .*No such file"),
    ],
)
def test_every_area_has_a_file_of_its_name(read, head, complaint):
    with pytest.raises(LedgerError, match=rf"^{complaint}"):
        read(head=head)


def test_the_id_of_a_removed_requirement_is_never_used_again(read):
    head = HEAD + "retired: {LIST: [1, 2]}\n"

    assert read(MINIMAL.replace("LIST-001", "LIST-003"), head=head).by_id.keys() == {"LIST-003"}
    with pytest.raises(LedgerError, match="LIST-001: the next id of its area is LIST-003"):
        read(head=head)


CHOICE = """\
- id: page-size
  question: How long is a page?
  facts: [C-04]
  read: {probe: list_pages, label: page}
  answers: {"200": short}
"""
FACT = "facts: {C-03: {tags: [example], says: Pages are limited.}, C-04: {tags: [unseen], says: The size.}}\n"
TWO_FACTS = MINIMAL_FACTS.replace(MINIMAL_FACTS.splitlines()[-1] + "\n", FACT)


def test_a_choice_settles_the_gap_that_it_asks_about(read):
    ledger = read(facts=TWO_FACTS, choices=CHOICE)

    assert ledger.facts["C-04"].choices == ("page-size",)
    assert [(each.probe, each.label, dict(each.answers)) for each in ledger.choices] == [
        ("list_pages", "page", {"200": "short"})
    ]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("question: How long is a page?", "question: Pages are short.", "page-size: question: "),
        ("facts: [C-04]", "facts: [C-40]", "page-size: unknown fact C-40"),
        ("label: page}", "label: page, observed: pages}", "page-size: read: "),
        ("label: page}", "labl: page}", "page-size: read: "),
        ("answers:", "answer:", "page-size: unknown key 'answer'; did you mean answers?"),
        (CHOICE, CHOICE + CHOICE, "page-size: is there twice"),
        (CHOICE, "{}", "not a list of choices"),
    ],
)
def test_a_broken_choice_is_refused_by_its_name(read, old, new, complaint):
    with pytest.raises(LedgerError) as refusal:
        read(facts=TWO_FACTS, choices=CHOICE.replace(old, new, 1))

    assert f"choices.yaml: {complaint}".replace("choices.yaml: choices.yaml", "choices.yaml") in str(
        refusal.value
    )


def test_every_problem_is_named_at_once(read):
    broken = MINIMAL.replace("tasks/list\n", "tasks/lists\n").replace("[C-03]", "[C-03, C-30]")

    with pytest.raises(LedgerError) as refusal:
        read(broken)

    assert str(refusal.value).splitlines() == [
        "list.yaml: LIST-001: unknown source tasks/lists",
        "list.yaml: LIST-001: unknown fact C-30",
    ]


def test_every_area_has_rows_and_a_description():
    assert {row.area for row in LEDGER.requirements} == set(LEDGER.areas)


def test_no_two_rows_say_the_same():
    said = Counter(row.statement for row in LEDGER.requirements)

    assert [row.id for row in LEDGER.requirements if said[row.statement] > 1] == []


def test_every_statement_is_one_sentence():
    # A full stop, a space and a capital letter start a second sentence, and so a second requirement.
    assert [row.id for row in LEDGER.requirements if re.search(r"\. [A-Z`]", row.statement)] == []


def test_a_documented_row_rests_on_a_documented_fact_or_a_contradiction():
    tags = {name: fact.tags for name, fact in LEDGER.facts.items()}
    baseless = [
        row.id
        for row in LEDGER.requirements
        if row.evidence is Evidence.DOCUMENTED
        and not any(tags[name] & {"documented", "contradiction"} for name in row.facts)
    ]

    assert baseless == []


def test_an_example_row_rests_on_an_example():
    baseless = [
        row.id
        for row in LEDGER.requirements
        if row.evidence is Evidence.EXAMPLE
        and not any("example" in LEDGER.facts[name].tags for name in row.facts)
    ]

    assert baseless == []


def test_no_row_settles_an_assumption():
    settled = {name for row in LEDGER.requirements for name in row.facts}

    assert {name for name in settled if "assumption" in LEDGER.facts[name].tags} == set()


def test_every_pin_names_its_contradiction_or_gap():
    unnamed = [
        row.id
        for row in LEDGER.requirements
        if row.kind is Kind.PIN
        and not any(LEDGER.facts[name].tags & {"contradiction", "gap"} for name in row.facts)
    ]

    assert unnamed == []


def test_the_rows_name_exactly_the_operations_of_the_document():
    named = {operation for row in LEDGER.requirements for operation in row.operations}

    assert named == set(Document.load().operations)


def test_every_operation_has_a_must_that_can_fail_a_target():
    covered = {
        operation
        for row in LEDGER.requirements
        if row.level is Level.MUST and row.evidence is Evidence.DOCUMENTED and row.untestable is None
        for operation in row.operations
    }

    assert covered == set(Document.load().operations)


def test_the_rows_name_exactly_the_documented_error_codes():
    documented = {row.code for row in LEDGER.requirements if row.code and row.evidence is Evidence.DOCUMENTED}

    assert documented == {code.value for code in ErrorCode if code.is_documented}
    assert {row.code for row in LEDGER.requirements if row.code} == documented


def test_a_row_about_a_code_names_it_with_the_status_of_the_catalogue():
    for row in LEDGER.requirements:
        if row.code:
            statuses = {int(number) for number in re.findall(r"\b[45]\d\d\b(?! MiB)", row.statement)}

            assert statuses <= {ErrorCode[row.code].status}, row.id
            assert row.code in row.statement, row.id


def test_every_status_and_outcome_is_spoken_of():
    statements = " ".join(row.statement for row in LEDGER.requirements)

    assert [w for w in [*TaskStatus, *Outcome] if not re.search(rf"\b{w}\b", statements)] == []


def test_every_event_type_is_spoken_of():
    told = {fact for row in LEDGER.requirements if row.area == "EVENT" for fact in row.facts}

    assert [event for event in Document.load().event_schemas if f"3.3/{event}" not in told] == []


def test_the_schema_and_the_values_have_the_same_words():
    requirement = yaml.safe_load((ROOT / "spec" / "requirements.schema.json").read_text())["$defs"][
        "requirement"
    ]["properties"]

    assert requirement["level"]["enum"] == list(Level)
    assert requirement["evidence"]["enum"] == list(Evidence)
    assert requirement["kind"]["enum"] == [Kind.SAFETY, Kind.LIVENESS]
