"""Runtime state of a journey: its task, its callers, and what is known of the task so far."""

from dataclasses import dataclass, field

from sigmic_conformance.traffic.callers import Caller, api_key
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.journeys.journey import OWNERS, Journey, Step
from sigmic_conformance.traffic.probes.token import user
from sigmic_conformance.traffic.prompts import nonce

OWNER = "owner"


@dataclass(slots=True, kw_only=True)
class Life:
    """A task and its callers. `number` is that of the step, counted from 1.

    `missed` lists by step what was not reached because the agent did something else.
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
    """The paths of the file that grows with each turn, as last listed."""
    downloaded: set[str] = field(default_factory=set)
    missed: list[str] = field(default_factory=list)
    unswept: int = 0
    """The steps after which nothing else was read again."""

    @property
    def owners(self) -> tuple[Caller, ...]:
        """The callers that act for the owner."""
        return tuple(self.callers[name] for name in OWNERS[self.journey.owner])

    def acting(self, step: Step) -> Caller:
        """The sender of the step's message: its caller, or the owner if the caller is not authorised."""
        mine = OWNERS[self.journey.owner]
        return self.callers[step["caller"] if step["caller"] in mine else mine[0]]

    def label(self, what: str, who: str = OWNER) -> str:
        """The label of an exchange of this step: the step, the action, and the caller."""
        by = "" if who == OWNER else f" by {who}"
        return f"{self.number:02d} {what}{by}"

    def miss(self, what: str) -> None:
        """Note what was not reached in this step."""
        self.missed.append(f"step {self.number}: {what}")


async def _with_variables(driver: Driver, name: str, label: str) -> Caller:
    """An end user whose token carries variables that no response may show (VARS-015)."""
    if not driver.profile.offers("environment"):
        return await user(driver, name, label=label)
    env, secret = f"plain-{nonce()}-{nonce()}", f"canary-{nonce()}-{nonce()}"
    driver.redactor.learn(secret)
    return await user(driver, name, label=label, env={"OF_TOKEN": env}, secrets={"HIDDEN_OF_TOKEN": secret})


async def begun(driver: Driver, journey: Journey) -> Life:
    """Create the state of a journey with its callers; Interrupted if a token cannot be obtained."""
    # The owner's name starts with the other user's name, who must not see the owner's tasks either.
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
