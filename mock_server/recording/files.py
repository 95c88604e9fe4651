"""Add steps for the files of a recorded workspace, so that they exist when the replay needs them. Pure.

Invariant: a file exists after the turn after which the client first saw it. The client sends uploads itself.
"""

import base64
from collections.abc import Iterator, Sequence

from sigmic_conformance.mock_server.recording.conversations import Conversation
from sigmic_conformance.mock_server.recording.masking import Mask
from sigmic_conformance.mock_server.recording.scripting import Script, Step

_LARGEST_SIZE = 200_000_000


def place_files(conversation: Conversation, scripts: Sequence[Script], mask: Mask) -> None:
    """Add steps that silently create the files that the scripts do not create, as the agent did."""
    texts = dict(_texts(conversation, mask))
    for path, listed in conversation.files.items():
        told = scripts[: listed.turn + 1]
        made = [each.made[path] for each in told if path in each.made]
        is_made = bool(made) and texts.get(path, made[-1]) == made[-1]
        if not is_made and not path.startswith("uploads/"):
            _place(path, conversation, told[-1], texts.get(path), mask)


def _texts(conversation: Conversation, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield the downloaded files that are text, with their text, secrets masked."""
    for path, content in conversation.contents.items():
        try:
            yield path, mask.text(content.decode())
        except UnicodeDecodeError:
            continue


def _place(path: str, conversation: Conversation, told: Script, text: str | None, mask: Mask) -> None:
    """Add a step for a file with the downloaded content, or with the same size."""
    content = conversation.contents.get(path)
    step: Step = {"path": mask.text(path)}
    if text is not None:
        step["text"] = text
    elif content is not None and not _holds_secret(content, mask):
        step["base64"] = base64.b64encode(content).decode()
    else:
        step["size"] = min(conversation.files[path].size, _LARGEST_SIZE)
        told.notes.append(f"the content of `{step['path']}` is not known: it is as long, but all zeros")
    _before_the_end(told, {"artifact": step})


def _holds_secret(content: bytes, mask: Mask) -> bool:
    text = content.decode("latin-1")
    return mask.text(text) != text


def _before_the_end(told: Script, step: Step) -> None:
    """Insert a step before the last one, so that the file exists when the client receives the final text."""
    steps = told.tail
    ends = bool(steps) and bool({"say", "fail", "wait"} & steps[-1].keys())
    steps.insert(len(steps) - 1 if ends else len(steps), step)
