"""An unhelpful agent on the independent platform: talkative, slow, inexact, and disobedient.

It simulates a real model behind the API, and ignores one prompt in three. That is not a violation: the rows
that need the prompt are inconclusive, and no row fails.
"""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from lab.platforms.agent import TOLD, Agent, Say, Step, Think, Use

OPENINGS = (
    "Sure, happy to help! ",
    "Good question - let me see. ",
    "Hm. ",
    "Right away, although it is rather late in the day. ",
    "Let me rephrase what you want first, so that we agree. ",
)
REFUSALS = (
    "I would rather not do that today.",
    "I think there is a better way to go about this. Shall I explain it?",
    "Could you tell me a little more about why you need this?",
)
PAUSES = (0.0, 0.0, 0.1, 0.4, 1.2)
SECONDS_OF_PAUSES = 4.0
"""The limit per turn: a turn of a hundred steps is slow, but ends."""
DRAWN_BY_A_CLIENT = re.compile(r"\S*\d\S*")
"""Words that contain a digit: nonces, names made from them, lengths of a pause."""
CLOSINGS = (" Anything else?", " Hope that helps!", " That is all.", " By the way, nice weather.")


class Disobedient(Agent):
    """Disobeys one prompt in three, chosen by a seed, the words, and how often they were sent before.

    The choice does not depend on the order of different prompts, which varies with the load of the machine.
    """

    seed = 20260126
    share = 1 / 3
    """The proportion of prompts that it does not obey."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answered: Counter[str] = Counter()

    def draw(self, message: str) -> random.Random:
        """Return a random generator for one prompt."""
        words = DRAWN_BY_A_CLIENT.sub("", message)
        with self.lock:
            self.answered[words] += 1
            return random.Random(f"{self.seed} {self.answered[words]} {words}")

    def steps(self, message: str, *, uploaded: Sequence[str], memory: Sequence[dict]) -> Iterator[Step]:
        chance = self.draw(message)
        deaf = chance.random() < self.share
        left = SECONDS_OF_PAUSES
        for step in self.turn(chance, message, uploaded, memory, deaf=deaf):
            pause = min(chance.choice(PAUSES), left)
            left -= pause
            time.sleep(pause)
            yield step

    def turn(
        self,
        chance: random.Random,
        message: str,
        uploaded: Sequence[str],
        memory: Sequence[dict],
        *,
        deaf: bool,
    ) -> Iterator[Step]:
        """Yield small talk around the steps that it takes or leaves out."""
        yield Think("Considering", "what the user may really want")
        yield Say(chance.choice(OPENINGS))
        if deaf:
            yield Say(chance.choice(REFUSALS))
        else:
            yield from self.willing(chance, message, uploaded, memory)
        yield Say(chance.choice(CLOSINGS))

    def willing(
        self, chance: random.Random, message: str, uploaded: Sequence[str], memory: Sequence[dict]
    ) -> Iterator[Step]:
        """Yield the requested steps, each changed a little, with text in between."""
        for step in super().steps(message, uploaded=uploaded, memory=memory):
            if isinstance(step, Use):
                yield Say(chance.choice(("Let us see. ", "Next. ", "This one, then: ")))
            yield self.own_way(chance, step)

    def own_way(self, chance: random.Random, step: Step) -> Step:
        """Return the step with a small change, since a model is not exact."""
        match step:
            case Use("run_shell_command", {"command": str(command)}):
                before = chance.choice(("", "pwd > /dev/null; ", "true && ", ": 'as the user asked'; "))
                return Use("run_shell_command", {"command": before + command})
            case Use("write_file", {"path": str(path), "content": str(content)}):
                return Use("write_file", {"path": path, "content": content + chance.choice(("", "\n"))})
        return step

    def answer(self, message: str, uploaded: Sequence[str], memory: Sequence[dict]) -> list[str]:
        """Return the answer in other words than the prompt asked for."""
        pieces = super().answer(message, uploaded, memory)
        if "codeword" in message and not TOLD.search(message):
            return ["As far as I remember, ", "you said: ", *pieces, ", if I am not mistaken"]
        return [re.sub(r"\.$", " (I believe).", piece) for piece in pieces]


class Deaf(Disobedient):
    """Obeys no prompt."""

    share = 1.0
