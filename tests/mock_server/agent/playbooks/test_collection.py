"""Playbooks: which are refused when they are loaded, and which playbook each message gets."""

from pathlib import Path

import pytest

from sigmic_mock.agent.playbooks.collection import Playbooks, read_all
from sigmic_mock.agent.playbooks.files import (
    SHIPPED,
    PlaybookError,
    PlaybookFile,
    PlaybookReader,
    playbook_paths,
)
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.selectors import globs_meet
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import AttachedFile, Message
from tests.fakes.turn import message


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def simple(name: str, when: str, more: str = "") -> str:
    return f"name: {name}\nwhen: {{{when}}}\n{more}\nsteps:\n  - say: {name} speaks\n"


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(PlaybookError) as refused:
        Library([folder], shipped=False)
    return tuple(problem.replace(f"{folder}/", "") for problem in refused.value.problems)


def loaded(folder: Path) -> Playbooks:
    return Library([folder], shipped=False).of("")


def chosen(
    folder: Path, text: str, *files: str, project: str = "p", memory: tuple[Message, ...] = ()
) -> str | None:
    attached = tuple(AttachedFile(path.rsplit("/", 1)[-1], path) for path in files)
    prompt = Prompt(text=text, files=attached, project_id=project, memory=memory)
    plan = loaded(folder).plan(prompt)
    return plan.name if plan else None


def test_the_shipped_playbooks_are_named_after_their_files_and_asked_for_by_name():
    playbooks = Library().of("")

    assert set(playbooks.names) <= {path.stem for path in SHIPPED.glob("*.yaml")}
    assert "stream-example" in playbooks.names
    for name, summary in playbooks.names.items():
        plan = playbooks.plan(Prompt(text=f"playbook: {name}"))
        assert plan is not None
        assert (plan.name, plan.source) == (name, "playbook")
        assert summary


@pytest.mark.parametrize(
    "text", ["What is 2+2?", "Tell me about the playbook: retry", "retry", "stream-example", ""]
)
def test_an_ordinary_prompt_matches_no_bundled_playbook(text):
    assert Library().of("").plan(Prompt(text=text)) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "when: {message: x}\nsteps:\n  - saay: hi\n",
            "3: steps/0/saay: unknown key 'saay'; did you mean say?",
        ),
        ("steps: [{say: x}]\n", "1: 'when' (the first messages of a conversation it is for) is missing"),
        (
            "when: {regex: '('}\npriority: 1\nsteps: [{say: x}]\n",
            "1: when/regex: cannot be searched: its syntax is wrong, or its repetitions make it too large",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_the_nearest_key(tmp_path, text, problem):
    assert problems(written(tmp_path, bad=f"{text}name: a\n")) == (f"bad.yaml:{problem}",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: a\nname: b\n", "bad.yaml:2: the key 'name' is given twice"),
        ("name: [\n", "bad.yaml:2: is not YAML: "),
        ("name: &a [*a]\n", "bad.yaml:1: is too large or refers to itself"),
        (
            "name: a\nsteps:\n  - say: {{x}}\n",
            "bad.yaml:3: a key must be text; text that begins with { or [ ",
        ),
        ("name: a\nsummary: !!bool x\n", "bad.yaml:2: 'x' can't be read as bool: put it in quotes"),
        ("name: a\npriority: " + 5000 * "9", "bad.yaml:2: '99999"),
        ("!!python/object/apply:os.system [id]\n", "bad.yaml:1: is not YAML: "),
    ],
)
def test_invalid_yaml_is_refused_with_its_line(tmp_path, text, problem):
    [found] = problems(written(tmp_path, bad=text))

    assert found.startswith(problem)
    assert "\n" not in found


def test_a_value_that_looks_like_a_date_is_text(tmp_path):
    written(tmp_path, a="name: a\nwhen: {message: x}\nsteps:\n  - say: 2001-01-01\n")

    plan = loaded(tmp_path).plan(Prompt(text="x"))

    assert plan is not None
    assert plan.steps == [{"say": "2001-01-01"}]


def test_an_unreadable_file_is_reported_and_the_other_files_are_loaded(tmp_path):
    written(tmp_path, a=simple("one", "message: a"), b=simple("two", "message: b"))

    class Failing(PlaybookReader):
        def read(self, path: Path) -> PlaybookFile:
            if path.stem == "a":
                raise KeyError(path.stem)
            return super().read(path)

    found, told = read_all(playbook_paths(tmp_path), Failing())

    assert [each.name for each in found] == ["two"]
    assert told == [f"{tmp_path}/a.yaml: can't be read, which is a defect of sigmic-mock: KeyError('a')"]


def test_a_file_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / "bad.yaml").write_bytes(b"name: \xff\n")

    [found] = problems(tmp_path)

    assert found == "bad.yaml: is not UTF-8 text"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("message: hello", "message: HELLO"),
        ("message: 'hello *'", "message: '* hello'"),
        ("message: 'a?c'", "message: '*ac'"),
        ("message: [x, hello]", "message: hello"),
        ("files: ['*.csv']", "files: ['*.pdf']"),
        ("regex: a", "message: '*'"),
        ("message: a, project: p", "message: a, project: p"),
    ],
)
def test_two_playbooks_that_could_want_the_same_message_are_refused(tmp_path, first, second):
    written(tmp_path, a=simple("one", first), b=simple("two", second))

    assert problems(tmp_path) == (
        (
            "b.yaml: 'two' and 'one' (a.yaml) could want the same message with the same right: make one "
            "more specific, "
            "or give one another priority"
        ),
    )


def test_the_same_regular_expression_twice_needs_different_priorities(tmp_path):
    written(tmp_path, a=simple("one", "regex: '^a'"), b=simple("two", "regex: '^a'"))
    assert len(problems(tmp_path)) == 1

    written(tmp_path, b=simple("two", "regex: '^a'", "priority: 1"))
    assert chosen(tmp_path, "Abc") == "two"


def test_a_message_that_matches_two_regular_expressions_fails_its_task(tmp_path):
    written(tmp_path, a=simple("one", "regex: '^a'"), b=simple("two", "regex: 'b$'"))
    playbooks = loaded(tmp_path)

    assert chosen(tmp_path, "ax") == "one"
    assert chosen(tmp_path, "xb") == "two"
    plan = playbooks.plan(Prompt(text="ab"))
    assert plan is not None
    [step] = plan.steps
    assert step["fail"]["code"] == "PLAYBOOK_TIE"
    assert "'one' and 'two'" in step["fail"]["message"]


def test_a_users_playbook_replaces_the_shipped_namesake(tmp_path):
    written(tmp_path, mine=simple("retry", "message: 'playbook: retry'"))

    plan = Library([tmp_path]).of("").plan(Prompt(text="playbook: retry"))

    assert plan is not None
    assert plan.steps == [{"say": "retry speaks"}]


def test_later_messages_of_the_conversation_follow_the_turns(tmp_path):
    written(
        tmp_path,
        a=simple(
            "one",
            "message: begin",
            "turns:\n  - when: {message: '*shorter*'}\n    steps: [{say: short}]\n  - steps: [{say: "
            "anything}]\n",
        ),
        b=simple("two", "message: other"),
    )
    playbooks = loaded(tmp_path)
    begun = (message("begin"),)

    def said(text: str, memory: tuple[Message, ...]) -> list[object]:
        plan = playbooks.plan(Prompt(text=text, memory=memory))
        return [] if plan is None else [step["say"] for step in plan.steps]

    assert said("make it SHORTER please", begun) == ["short"]
    assert said("what", begun) == ["anything"]
    assert said("what", (*begun, message("between"))) == ["anything"]
    assert said("other", begun) == ["two speaks"]
    assert said("what", (*begun, message("other"))) == []
    assert said("what", ()) == []


@pytest.mark.parametrize(
    ("one", "two", "meet"),
    [
        ("abc", "abc", True),
        ("abc", "abd", False),
        ("a*", "*b", True),
        ("a*c", "a?d", False),
        ("*", "", True),
        ("?", "", False),
        ("[ab]x", "cx", True),
        ("a*b*c", "a?b?c", True),
        ("playbook: retry", "playbook: *", True),
    ],
)
def test_two_globs_overlap_if_one_text_matches_both(one, two, meet):
    assert globs_meet(one, two) is meet
    assert globs_meet(two, one) is meet
