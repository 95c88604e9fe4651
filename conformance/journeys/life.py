"""The life of a journey's task as it goes on: who acts on it, and what was learnt of it so far."""

from dataclasses import dataclass, field

from sigmic_conformance.conformance.journeys.journey import OWNERS, Journey, Step
from sigmic_conformance.conformance.probes.token import user
from sigmic_conformance.conformance.probing.callers import Caller, api_key
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.prompts import nonce

OWNER = "owner"


@dataclass(slots=True, kw_only=True)
class Life:
    """A task and those who ask for it. `number` is that of the step, counted from 1.

    `missed` has what did not come about, step by step, because the agent did something else.
    """

    driver: Driver
    journey: Journey
    callers: dict[str, Caller]
    task: str = ""
    session: str = ""
    number: int = 0
    total: int = 0
    paths: list[str] = field(default_factory=list)
    growing: list[str] = field(default_factory=list)
    """The file to which each turn adds, where it was listed last."""
    downloaded: set[str] = field(default_factory=set)
    missed: list[str] = field(default_factory=list)

    @property
    def owners(self) -> tuple[Caller, ...]:
        """The callers who act for the owner."""
        return tuple(self.callers[name] for name in OWNERS[self.journey.owner])

    def acting(self, step: Step) -> Caller:
        """Who sends the step's message: its caller, or the owner where that is one who may not."""
        mine = OWNERS[self.journey.owner]
        return self.callers[step["caller"] if step["caller"] in mine else mine[0]]

    def label(self, what: str, who: str = OWNER) -> str:
        """What an exchange of this step is called: the step, what is done, and by whom."""
        by = "" if who == OWNER else f" by {who}"
        return f"{self.number:02d} {what}{by}"

    def miss(self, what: str) -> None:
        """Note what did not come about in this step."""
        self.missed.append(f"step {self.number}: {what}")


async def _with_variables(driver: Driver, name: str, label: str) -> Caller:
    """An end user whose token brings variables that no answer of his shows (VARS-015)."""
    if not driver.profile.offers("environment"):
        return await user(driver, name, label=label)
    env, secret = f"plain-{nonce()}-{nonce()}", f"canary-{nonce()}-{nonce()}"
    driver.redactor.learn(secret)
    return await user(driver, name, label=label, env={"OF_TOKEN": env}, secrets={"HIDDEN_OF_TOKEN": secret})


async def begun(driver: Driver, journey: Journey) -> Life:
    """A life with its callers; Interrupted when a token cannot be had."""
    # The owner's name begins with that of the other one, who may see as little of his tasks as anybody.
    other = f"user-{nonce()}"
    callers: dict[str, Caller] = {}
    if journey.owner == "end_user":
        callers["end_user"] = await _with_variables(driver, f"{other}-2", "token of the owner")
    else:
        callers["bearer"] = driver.owner
        callers["api_key"] = api_key(driver.owner.role, driver.credentials.api_key)
    if "other_end_user" in journey.others:
        callers["other_end_user"] = await user(driver, other, label="token of another end user")
    if "other_project" in journey.others:
        callers["other_project"] = driver.second
    return Life(driver=driver, journey=journey, callers=callers)
