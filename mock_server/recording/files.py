"""The files of a recorded workspace, put where the replayed one needs them. Pure.

Rule: a file is there after the turn after which the client first saw it. Uploads are for the client to send.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence

from mock_server.recording.conversations import Conversation
from mock_server.recording.masking import Mask
from mock_server.recording.means import Means
from mock_server.recording.scripting import Script, Step

_LARGEST_SIZE = 200_000_000


def texts_of(conversation: Conversation, mask: Mask) -> Iterator[tuple[str, str]]:
    """Yield the downloaded files that are text, with their text, secrets masked."""
    for path, content in conversation.contents.items():
        try:
            yield path, mask.text(content.decode())
        except UnicodeDecodeError:
            continue


def place_files(conversation: Conversation, scripts: Sequence[Script], means: Means, mask: Mask) -> None:
    """Add the steps that make the files which the scripts do not make yet."""
    place = _placed if means.places else _written
    for path in conversation.files:
        if not path.startswith("uploads/"):
            at = min(conversation.files[path].turn, len(scripts) - 1)
            place(path, conversation, scripts, at, means.contents, mask)


def _placed(
    path: str,
    conversation: Conversation,
    scripts: Sequence[Script],
    at: int,
    texts: Mapping[str, str],
    mask: Mask,
) -> None:
    """Put a file there silently, with the content that was downloaded, or as many bytes."""
    made = [each.made[path] for each in scripts[: at + 1] if path in each.made]
    if made and texts.get(path, made[-1]) == made[-1]:
        return
    content = conversation.contents.get(path)
    step: Step = {"path": mask.text(path)}
    if path in texts:
        step["text"] = texts[path]
    elif content is not None and not _holds_secret(content, mask):
        step["base64"] = base64.b64encode(content).decode()
    else:
        step["size"] = min(conversation.files[path].size, _LARGEST_SIZE)
        scripts[at].notes.append(f"`{step['path']}` was not downloaded: it is as long, but all zeros")
    _before_the_end(scripts[at], {"artifact": step})


def _written(
    path: str,
    conversation: Conversation,
    scripts: Sequence[Script],
    at: int,
    texts: Mapping[str, str],
    mask: Mask,
) -> None:
    """Let a tool write a file that no step speaks of."""
    spoken = json.dumps([each.steps for each in scripts], ensure_ascii=False)
    name, last = path.rpartition("/")[2], scripts[at]
    if json.dumps(name, ensure_ascii=False)[1:-1] in spoken:
        return
    if path in conversation.contents and path not in texts:
        last.notes.append(f"`{path}` is not text: it is not written")
        return
    if path not in texts:
        last.notes.append(f"`{path}` was listed but not downloaded: a line stands for its content")
    size = conversation.files[path].size
    text = texts.get(path, f"(not downloaded while recording: {size} bytes)\n")
    last.notes.append(f"writing `{path}` shows as a tool call, which the recording did not have")
    _before_the_end(last, {"write": {"path": mask.text(path), "text": text}})


def _holds_secret(content: bytes, mask: Mask) -> bool:
    text = content.decode("latin-1")
    return mask.text(text) != text


def _before_the_end(told: Script, step: Step) -> None:
    """Insert a step before the last words, so that the file is there when they are heard."""
    steps = told.tail
    ends = bool(steps) and bool({"say", "fail", "wait"} & steps[-1].keys())
    steps.insert(len(steps) - 1 if ends else len(steps), step)
