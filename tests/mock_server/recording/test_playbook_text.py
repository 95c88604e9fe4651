"""Which messages a recorded playbook answers, and that it does not replace others."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.playbooks.collection import Playbooks
from sigmic_mock.agent.playbooks.files import PlaybookReader
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.selectors import Selector
from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.domain.model import AttachedFile
from sigmic_mock.recording.conversations import Conversation, RecordedTurn
from sigmic_mock.recording.exchange import SeenEvent
from sigmic_mock.recording.folder import Folder
from sigmic_mock.recording.masking import Mask
from sigmic_mock.recording.playbook_text import Recorded, glob_of, key_of, recorded
from tests.fakes.seen_events import DONE, call, said


def told(*messages: str, files: tuple[str, ...] = ()) -> Conversation:
    turns = [
        RecordedTurn(message, files, events=(*said(f"on {message}"), DONE), is_live=True)
        for message in messages
    ]
    return Conversation(turns=turns)


def answered(*events: SeenEvent) -> Conversation:
    return Conversation(turns=[RecordedTurn("Go", events=events, is_live=True)])


def written(*conversations: Conversation, mask: Mask | None = None) -> list[Recorded]:
    playbooks: list[Recorded] = []
    for each in conversations:
        playbooks.append(recorded(each, mask or Mask(), others=playbooks))
    return playbooks


def loaded(folder: Path, *playbooks: Recorded) -> Playbooks:
    made = Folder.make(folder)
    for each in playbooks:
        assert made.save_playbook(each.name, each.text("here")) == ()
    return Library([folder]).of("")


@pytest.mark.parametrize(
    "message",
    [
        "a",
        "What?",
        "[x] * [!y] ?",
        "two\n\n lines\tof it ",
        "]",
        "[secret",
        "ÄÖ 漢字",
        "x" * 9000,
        "[" * 9000,
    ],
)
def test_a_message_fits_its_own_glob_and_another_does_not(message: str) -> None:
    selector = Selector(message=glob_of(message))

    assert selector.fits(Prompt(text=message))
    assert selector.fits(Prompt(text=f" {message.upper()} "))
    assert not selector.fits(Prompt(text=f"z{message}"))
    assert len(glob_of(message)) <= 4096


def test_recordings_stand_beside_the_bundled_ones_and_each_other(tmp_path: Path) -> None:
    mask = Mask()
    mask.learn("A", "first-secret")
    mask.learn("B", "other-secret")
    playbooks = written(
        told("playbook: retry"),
        told("Use first-secret"),
        told("Use other-secret now"),
        told("Use it", files=("a.csv", "b[1].csv")),
        told("Use   IT", "and again"),
        mask=mask,
    )
    agent = loaded(tmp_path / "r", *playbooks)

    def name(text: str, *files: str) -> str | None:
        plan = agent.plan(Prompt(text=text, files=tuple(AttachedFile(each, each) for each in files)))
        return plan.name if plan else None

    assert name("playbook: retry") == "recorded-playbook-retry"
    assert name("Use a-third") == "recorded-use-secret-a"
    assert name("use it", "a.csv", "b[1].csv") == "recorded-use-it"
    assert name("use it") == "recorded-use-it-2"
    assert len({each.name for each in playbooks}) == 5


def test_the_same_message_has_the_same_key() -> None:
    first, second = told("Hello"), told("hello")

    assert key_of(first, Mask()) == key_of(second, Mask())
    assert key_of(first, Mask()) != key_of(told("Hello", files=("a.csv",)), Mask())


def test_what_a_playbook_cannot_keep_stands_in_its_head(tmp_path: Path) -> None:
    conversation = told("Go", "on", "on")
    conversation.turns[1].events = tuple(said("half"))
    (playbook,) = written(conversation)
    text = playbook.text("from here\n- name: x")

    assert text.startswith(
        "# yaml-language-server: $schema=./playbook.schema.json\n# Recorded from here - name: x.\n"
    )
    assert "# - turn 2: the recording ended before this turn did" in text
    loaded(tmp_path / "r", playbook)


def test_every_character_that_json_knows_can_be_written(tmp_path: Path) -> None:
    nasty = "a\0b\x85c\u2028d\ud800e\r\nf\ttab: '\"\\ # - {}\n\n"
    (playbook,) = written(answered(*said(nasty), DONE))
    loaded(tmp_path / "r", playbook)

    back = yaml.safe_load((tmp_path / "r" / f"{playbook.name}.yaml").read_text())
    assert back["steps"] == [{"say": {"chunks": [nasty.replace("\ud800", "?")]}}]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(args=st.dictionaries(st.sampled_from(["a", "<<", "yes", "1", ""]), VALUES), text=st.text(min_size=1))
def test_any_arguments_and_any_text_come_back(tmp_path_factory, args, text) -> None:
    events = [*call("1", "crm", "executing", "success", output=text), *said(text), DONE]
    events[0] = SeenEvent(0.0, "tool_call", {**events[0].data, "args": args})
    (playbook,) = written(answered(*events))
    folder = Folder.make(tmp_path_factory.mktemp("r"))

    assert folder.save_playbook(playbook.name, playbook.text("here")) == ()
    steps = PlaybookReader().read(folder.path / f"{playbook.name}.yaml").data["steps"]
    assert steps[0]["tool"].get("args", {}) == args
    assert steps[0]["tool"]["result"] == text
    assert steps[1] == {"say": {"chunks": [text]}}


FILES = {
    "text.md": b"hello [secret]\n",
    "image.png": b"\x89PNG\r\n\xff",
    "uploads/in.csv": b"mine",
    "made.txt": b"made",
}


def with_files() -> Conversation:
    conversation = told("Go", "on")
    events = call("1", "write_file", "executing", "success", path="made.txt", content="made")
    conversation.turns[0].events = (*events, *said("x"), DONE)
    conversation.files = {path: (len(content), 0) for path, content in FILES.items()}
    conversation.files["unseen.bin"] = (12, 1)
    conversation.contents = dict(FILES)
    return conversation


def test_files_appear_after_the_turn_that_made_them() -> None:
    data = recorded(with_files(), Mask(), others=[]).data

    assert [step["artifact"] for step in data["steps"] if "artifact" in step] == [
        {"path": "made.txt", "text": "made"},
        {"path": "text.md", "text": "hello [secret]\n"},
        {"path": "image.png", "base64": "iVBORw0K/w=="},
    ]
    assert data["turns"][0]["steps"][0] == {"artifact": {"path": "unseen.bin", "size": 12}}
    assert "say" in data["steps"][-1]


def test_a_file_that_was_rewritten_has_its_content_of_each_turn() -> None:
    conversation = told("Go", "on")
    for at, text in enumerate(("first", "second")):
        events = call(str(at), "write_file", "executing", "success", path="a.txt", content=text)
        conversation.turns[at].events = (*events, *said("x"), DONE)
    conversation.files = {"a.txt": (6, 0)}
    conversation.contents = {"a.txt": b"second!"}

    data = recorded(conversation, Mask(), others=[]).data

    assert {"artifact": {"path": "a.txt", "text": "first"}} in data["steps"]
    assert {"artifact": {"path": "a.txt", "text": "second!"}} in data["turns"][0]["steps"]
