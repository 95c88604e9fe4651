"""An example of each directive, and the closest example for any sentence."""

import re

from sigmic_mock.agent.directives.sentences import INTRO

EXAMPLES = (
    "Run exactly this shell command: `ls -la`",
    "Run exactly these shell commands at the same time: `a` and `b`",
    "Create a file named a.txt containing: hello",
    "Create an empty file named a.txt",
    'Write "hello" to a.txt',
    "Append the line `hello` to a.txt",
    "Read the file a.txt",
    "List the files",
    "Rename a.txt to b.txt",
    "Move a.txt to the folder docs",
    "Copy a.txt to b.txt",
    "Create a folder named docs",
    "Delete the file a.txt",
    'Replace "X" with "Y" in a.txt',
    "Search for `hello` in the files",
    "Search the web for solar power",
    'Call the tool list_directory with {"path": "/workspace"}',
    "List the tools",
    "Print the environment variable NAME",
    "Use a subagent named helper to list the files",
    "Reply with exactly: pong",
    "Say hello world",
    "Think about prime numbers",
    "Wait 20 seconds",
    "Count from 1 to 10",
    "Produce a long answer of 500 words",
    "Write an essay about the sea",
    "Create a Python script that prints hello",
    "Remember the codeword blue",
    "What is the codeword?",
    "Fail with the message: boom",
    "Retry once",
    "What is 2+2?",
    "What can you do?",
)
_WORD = re.compile(r"[^\W_]{1,40}")
_READ_CHARACTERS = 300
_SMALL = frozenset("a an the to of in is it with and me my for you this".split())
_ALIKE = """
run execute; create make write generate; delete remove erase; read show open print; reply answer respond;
wait sleep pause; search find look grep; folder directory dir; copy duplicate; replace change; file files;
command commands; subagent agent; codeword password secret; web google internet
"""
_SAME = {word: words.split()[0] for words in _ALIKE.split(";") for word in words.split()}


def closest(sentence: str) -> str:
    """Return the example that has most words in common with a sentence, its first word counting most."""
    return _closest(sentence)[1]


def closest_words(sentence: str) -> str:
    """Return the closest example as a sentence of the agent, or nothing if none is close."""
    likeness, example = _closest(sentence)
    return f"The closest that I understand is “{example}”. " if likeness >= 1 else ""


def _closest(sentence: str) -> tuple[float, str]:
    intro = INTRO.match(sentence)
    words = _words(sentence[intro.end() if intro else 0 :][:_READ_CHARACTERS])
    return max(((_likeness(words, _words(each)), each) for each in EXAMPLES), key=lambda found: found[0])


def _words(text: str) -> list[str]:
    words = (_SAME.get(word, word) for word in map(str.lower, _WORD.findall(text)))
    return [word for word in words if word not in _SMALL]


def _likeness(asked: list[str], example: list[str]) -> float:
    shared = len(set(asked) & set(example))
    first = 2 if asked[:1] == example[:1] else 0
    return first + shared - 0.1 * len(set(example) - set(asked))
