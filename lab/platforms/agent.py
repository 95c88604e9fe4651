"""The independent target's agent: it turns a message into steps, from plain sentences alone.

Written from the API documentation and the sentences that any model understands. Invariant: it shares no code
with the reference platform, since two readings that agree are evidence only if they are independent.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COMMAND = re.compile(r"run exactly this shell command: `([^`]+)`", re.IGNORECASE)
FILE = re.compile(r"create a file named (\S+) containing: (.*)", re.IGNORECASE | re.DOTALL)
DELEGATED = re.compile(
    r"use a subagent named (\S+) to run exactly this shell command: `([^`]+)`", re.IGNORECASE
)
PARALLEL = re.compile(r"run exactly these shell commands at the same time, [^:`]*: (.+)", re.IGNORECASE)
LATER = re.compile(r"^then create a file named (\S+) containing: (.*)$", re.IGNORECASE | re.MULTILINE)
COUNTED = re.compile(r"count from (\d{1,4}) to (\d{1,4})\b", re.IGNORECASE)
BROKEN = re.compile(r"fail with the message: (.+)", re.IGNORECASE)
TOLD = re.compile(r"remember the (codeword|keyword) (\w+)", re.IGNORECASE)
ASKED = re.compile("codeword|keyword")


@dataclass(frozen=True)
class Think:
    subject: str
    description: str


@dataclass(frozen=True)
class Say:
    text: str


@dataclass(frozen=True)
class Use:
    tool: str
    args: dict


@dataclass(frozen=True)
class Delegate:
    """A subagent that uses one tool."""

    name: str
    use: Use


@dataclass(frozen=True)
class Break:
    """The run fails."""

    message: str


@dataclass(frozen=True)
class Together:
    """Several tools in parallel."""

    uses: tuple[Use, ...]


Step = Think | Say | Use | Delegate | Break | Together


class Agent:
    """Decides which steps to take, and executes none."""

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        """Yield the steps for a message; `uploaded` are its files' paths, `memory` earlier messages."""
        if delegated := DELEGATED.search(message):
            yield Delegate(delegated[1], Use("run_shell_command", {"command": delegated[2]}))
            yield Say("The subagent is done.")
            return
        if parallel := PARALLEL.search(message):
            commands = re.findall(r"`([^`]+)`", parallel[1])
            yield Together(tuple(Use("run_shell_command", {"command": each}) for each in commands))
            yield Say("Both are done.")
            return
        commands = COMMAND.findall(message)
        file = FILE.match(message.strip())
        if commands:
            yield Think("Running commands", f"{len(commands)} to run")
            for number, command in enumerate(commands, 1):
                yield Say(f"Command {number} of {len(commands)}. ")
                yield Use("run_shell_command", {"command": command})
            for name, content in LATER.findall(message):
                yield Use("write_file", {"path": name, "content": content})
            yield from self.counting(message)
            if broken := BROKEN.search(message):
                yield Break(broken[1])
            yield Say("That was all.")
        elif file:
            yield Use("write_file", {"path": file[1], "content": file[2]})
            yield Say(f"{file[1]} is written.")
        elif COUNTED.match(message):
            yield from self.counting(message)
        else:
            yield from map(Say, self.answer(message, uploaded, memory))

    def counting(self, message: str) -> Iterator[Say]:
        """Yield a piece for each number that the message asks for."""
        if asked := COUNTED.search(message):
            yield from (Say(f"{number}\n") for number in range(int(asked[1]), int(asked[2]) + 1))

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        """Return an answer in pieces."""
        if TOLD.search(message):
            return ["I will ", "remember it."]
        if asked := ASKED.search(message):
            mine = (
                found for said in memory if said["role"] == "user" for found in TOLD.findall(said["content"])
            )
            told = [word for kind, word in mine if kind == asked[0]]
            return [told[-1] if told else "You have not told me one."]
        if "France" in message:
            return ["The capital of France ", "is Paris."]
        if "2+2" in message:
            return ["2+2 ", "is 4."]
        if uploaded:
            return ["You uploaded ", ", ".join(uploaded), "."]
        return ["Hello."]
