"""Long text whose words are numbered, so that a finding can name what a target lost of it. Pure.

Each word is different, most of its bytes are in characters of two, three and four bytes, and such a character
is at each place where a buffer of a usual size ends. Damage can be found in any text, and exactly if no word
occurs twice in it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import accumulate, pairwise

from sigmic_conformance.wire.difference import spelled
from sigmic_spec.plural import plural

FILL = "é名😀"
"""A character of two, of three and of four bytes."""
EDGES = (64, 1024, 4096, 8192, 65536)
"""Sizes of buffers, in bytes. Each ends in the middle of the second of three characters of four bytes."""
_AT_EDGE = "😀😀😀"
_BEFORE_EDGE = 6
_SHOWN = 3
_BRIEF, _BEGINNING = 24, 60
_FEW, _SHARED = 20, 0.8
_PRINTING = re.compile(re.escape(f"printf '%s{FILL}\\n' $(seq ") + r"([0-9]{1,5})\)")
_WORD = re.compile(r"\S+\s*|\s+")
_NUMBER = re.compile("[0-9]+")
_PLAIN_WORD = re.compile(r"[0-9A-Za-z]+")


def numbered(size: int, first: int = 1) -> str:
    """A text of `size` bytes whose words are numbered from `first`."""
    words: list[str] = []
    length, number = 0, first
    while True:
        name = str(number)
        word = f"{name}{FILL} "
        for edge in EDGES:
            begin = edge - _BEFORE_EDGE - length
            if len(name) <= begin < len(name) + len(word.encode()):
                word = name.ljust(begin, ".") + f"{_AT_EDGE} "
        if length + len(word.encode()) > size:
            return "".join(words) + "." * (size - length)
        words.append(word)
        length, number = length + len(word.encode()), number + 1


def printing(last: int) -> str:
    """A shell command that prints a numbered text of `last` lines, and nothing else."""
    return f"printf '%s{FILL}\\n' $(seq {last})"


def lines_of(command: str) -> list[str] | None:
    """The lines that such a command prints; None for another command."""
    found = _PRINTING.fullmatch(command.strip())
    return [f"{number}{FILL}" for number in range(1, int(found[1]) + 1)] if found else None


def lost_lines(lines: Sequence[str], shown: str, *, whole_bytes: int) -> str | None:
    """What of a printed text is damaged, or missing without a remark; empty if nothing is.

    None if a part is replaced by a remark, or missing at an end of a text of more than `whole_bytes`: how
    much of an output is shown is not documented.
    """
    told = [line.removesuffix("\r") for line in shown.removesuffix("\n").split("\n")]
    numbers = {line: number for number, line in enumerate(lines)}
    places = [
        (place, numbers[line])
        for place, line in enumerate(told)
        if line in numbers and not _is_end(lines, numbers, told, place)
    ]
    if not places:
        return None
    whole = True
    for (one, first), (other, second) in pairwise([(-1, -1), *places, (len(told), len(lines))]):
        instead, gone = told[one + 1 : other], lines[first + 1 : second]
        if second <= first:
            return f"line {first + 1} is followed by line {second + 1}"
        if len(instead) == len(gone) and all(map(_is_like, gone, instead)) and gone:
            return f"line {first + 2}: {damage(gone[0], instead[0])}"
        at_end = first < 0 or second == len(lines)
        if (
            second == len(lines)
            and len(instead) == 1
            and gone
            and gone[0].startswith(instead[0].rstrip("\ufffd"))
        ):
            instead = []  # the start of a line
        if gone and not instead and not (at_end and _size("".join(lines)) > whole_bytes):
            return f"lines {first + 2} to {second} missing" if len(gone) > 1 else f"line {second} missing"
        whole = whole and not gone
    return "" if whole else None


def _is_end(lines: Sequence[str], numbers: Mapping[str, int], told: Sequence[str], place: int) -> bool:
    """Whether a line behind a remark is only the end of one: a number without its first digits."""
    behind_remark = place > 0 and told[place - 1] not in numbers
    following = numbers.get(told[place + 1], 0) if place + 1 < len(told) else len(lines)
    whole = lines[following - 1] if following else ""
    return behind_remark and whole != told[place] and whole.endswith(told[place])


def _is_like(line: str, shown: str) -> bool:
    """Whether the text shown in place of a line has its number."""
    found = _NUMBER.match(shown)
    return found is not None and line.startswith(found[0])


def numbered_again(size: int, digest: str | None) -> str | None:
    """The numbered text of a size and digest, starting with 1 or with its size; None if there is none."""
    texts = (numbered(size, first) for first in (1, size))
    return next((text for text in texts if sha256(text.encode()).hexdigest() == digest), None)


def damage(sent: str, shown: str) -> str:
    """What of a text is missing, doubled, moved or replaced, with places in bytes; empty if nothing is."""
    if sent == shown:
        return ""
    places = list(_places(sent, shown))
    more = len(places) - _SHOWN
    return "; ".join(places[:_SHOWN]) + (f"; and {plural(more, 'more place')}" if more > 0 else "")


def in_brief(sent: str, shown: str) -> str:
    """What of a text is missing or changed in the shown text, or the start of an unrelated shown text."""
    if sent == shown:
        return spelled(shown[:_BEGINNING])
    told = damage(sent, shown) if is_damaged(sent, shown) else begun(sent, shown)
    return told or spelled(shown[:_BEGINNING])


def begun(sent: str, shown: str) -> str:
    """The damage to a text that is shown from its start; empty for the same or another text."""
    return damage(sent, shown) if sent[:_BEGINNING] == shown[:_BEGINNING] else ""


def is_damaged(sent: str, shown: str) -> bool:
    """Whether a text is certainly the sent one with something lost or changed, and not a rewording.

    White space does not count. Most words of a damaged text are in the text that was sent.
    """
    one, other = ("".join(text.split()) for text in (sent, shown))
    words = Counter(_PLAIN_WORD.findall(shown))
    if one in other or words.total() < _FEW:
        return False
    return (words & Counter(_PLAIN_WORD.findall(sent))).total() >= _SHARED * words.total()


def lost_blank(sent: str, shown: str) -> str:
    """The words around the first place where a text has white space and the shown one has none.

    Empty if there is no such place, or if the text is not in the shown one at all.
    """
    dense = "".join(sent.split())
    at = "".join(shown.split()).find(dense)
    there = {place - at for place in _blanks(shown)}
    lost = next((place for place in _blanks(sent) if place not in there), 0) if at >= 0 else 0
    return dense[max(0, lost - _BRIEF) : lost + _BRIEF] if lost else ""


def _blanks(text: str) -> list[int]:
    """The places of the white space between the words of a text, by the number of other characters before."""
    return list(accumulate(map(len, text.split()[:-1])))


def _places(sent: str, shown: str) -> Iterator[str]:
    changes = list(_changes(_WORD.findall(sent), _WORD.findall(shown)))
    moved = {before for _, before, after in changes if not after}
    moved &= {after for _, before, after in changes if not before}
    for ahead, before, after in changes:
        yield from _place(sent, ahead, before, after, moved)


def _changes(one: list[str], other: list[str]) -> Iterator[tuple[int, str, str]]:
    """The differences: the offset in bytes in the first text, and both texts, by words if possible."""
    at, done = 0, 0
    for kind, i, k, j, m in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        at, done = at + _size("".join(one[done:i])), i
        if kind == "replace" and k - i == m - j:
            for number in range(i, k):
                yield at, one[number], other[j + number - i]
                at, done = at + _size(one[number]), number + 1
        elif kind != "equal":
            yield at, "".join(one[i:k]), "".join(other[j:m])


def _place(sent: str, ahead: int, before: str, after: str, moved: set[str]) -> Iterator[str]:
    """Describe how `before`, after `ahead` bytes of the text, was replaced by `after`."""
    begin = len(_common(before, after))
    end = len(_common(before[begin:][::-1], after[begin:][::-1]))
    lost, new = before[begin : len(before) - end], after[begin : len(after) - end]
    at = ahead + _size(before[:begin])
    if lost in moved or new in moved:
        if lost:
            yield f"{_span(at, lost)} at another place"
    elif not new and at + _size(lost) == _size(sent):
        yield f"from byte {at} on missing ({plural(_size(lost), 'byte')}, from {_brief(lost)} on)"
    elif not new:
        yield f"{_span(at, lost)} missing"
    elif not lost:
        yield f"{plural(_size(new), 'byte')} added at byte {at}: {_brief(new)}" + (
            ", which is there twice" if new.strip() and new.strip() in sent else ""
        )
    else:
        yield f"{_span(at, lost)} replaced by {_brief(new)}"


def _common(one: str, other: str) -> str:
    """The common prefix."""
    length = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    return one[: min(len(one), len(other)) if length is None else length]


def _span(at: int, text: str) -> str:
    return f"bytes {at} to {at + _size(text) - 1} ({_brief(text)})"


def _brief(text: str) -> str:
    """A text, or its first and its last word."""
    if len(text) <= _BRIEF:
        return spelled(text)
    words = text.split() or [text]
    return f"{spelled(words[0][:16])} to {spelled(words[-1][:16])}"


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))
