"""Each bug of values is seen by who sends such a value."""

import functools

import pytest

from tests.conformance.targets.bugs import values  # noqa: F401  registers the bugs
from tests.conformance.targets.bugs.scene import Scene, Seen, look

ENV = {"EMPTY": "", "REGION": "eu"}
LARGE = {f"NAME_{number}": "x" * 1000 for number in range(5)}
SHOW = "Run exactly this shell command: `printf '<%s>' \"$SHOWN\"`"


def env(scene: Scene, given: dict) -> dict:
    return scene.owner.get(scene.owner.create("Hello", env=given))["env"]


def printed(scene: Scene, value: str, **more: object) -> str:
    """What a command prints of a variable."""
    task = scene.owner.run(SHOW, env={"SHOWN": value}, **more)
    return scene.owner.messages(task, "assistant")[0]["toolCalls"][0]["output"]


def prompt(scene: Scene, given: str) -> str | None:
    return scene.owner.get(scene.owner.create("Hello", systemPrompt=given))["systemPrompt"]


def data_line(scene: Scene) -> bool:
    """The data line of a replayed message with quotes can be read."""
    reader = scene.owner.stream(scene.owner.create('Say "hello".'))
    try:
        return reader.until("history_message")[0][1]["content"] == 'Say "hello".'
    except ValueError:
        return False


def shown_after_a_follow_up(scene: Scene) -> bool:
    task = scene.owner.run("Hello", showInHistory=False)
    scene.owner.follow_up(task, "Hello")
    return scene.owner.get(task)["showInHistory"]


LONG = "Be brief. " * 200
EMOJI = "Be brief \N{WINKING FACE} and kind."
SEEN = {
    "empty-variable-not-shown": Seen(functools.partial(env, given=ENV), ENV, {"REGION": "eu"}),
    "large-env-is-empty": Seen(functools.partial(env, given=LARGE), LARGE, {}),
    "variable-ends-at-equals": Seen(functools.partial(printed, value="a=b=c"), "<a=b=c>", "<a>"),
    "variable-ends-with-its-line": Seen(functools.partial(printed, value="a\nb"), "<a\nb>", "<a>"),
    "variable-loses-its-quotes": Seen(functools.partial(printed, value='"a b"'), '<"a b">', "<a b>"),
    "empty-secret-loses": Seen(functools.partial(printed, value="env", secrets={"SHOWN": ""}), "<>", "<env>"),
    "empty-prompt-is-null": Seen(functools.partial(prompt, given=""), "", None),
    "long-prompt-is-cut": Seen(functools.partial(prompt, given=LONG), LONG, LONG[:1000]),
    "prompt-ends-at-an-emoji": Seen(functools.partial(prompt, given=EMOJI), EMOJI, "Be brief "),
    "replay-escapes-no-quotes": Seen(data_line, right=True, wrong=False),
    "shown-again-by-follow-up": Seen(shown_after_a_follow_up, right=False, wrong=True),
}


@pytest.mark.parametrize("bug", SEEN)
def test_a_bug_of_values_is_seen(bug: str):
    look(bug, SEEN[bug])
