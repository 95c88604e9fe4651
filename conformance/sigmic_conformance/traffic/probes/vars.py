"""env and secrets: both in the sandbox's environment, only env in get_task, none in other tasks."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.token import WIDGET, user
from sigmic_conformance.traffic.prompts import EASY, attempts, nonce, shell
from sigmic_conformance.traffic.steps import Run, created, download, files, get, history, run


@probe(seconds=5, concurrency=Concurrency.AGENT, capabilities=["environment", "tools"])
async def environment(driver: Driver) -> None:
    """Give many env and secrets; have the agent print their digests, and a secret itself; look everywhere."""
    plain, secret, both = nonce(), f"canary-{nonce()}-{nonce()}", f"canary-{nonce()}-{nonce()}"
    env = {"PLAIN_WORD": plain, "_BOTH": "from-env", "B2": "", "B3": f" \t{plain} \n"}
    env |= {name: f"{plain}-{number}" for number, name in enumerate(nearly("PLAIN_WORD"))}
    secrets = {"SECRET_WORD": secret, "_BOTH": both}
    secrets |= {name: f"canary-{nonce()}-{nonce()}" for name in nearly("SECRET_WORD")}
    secrets["LINED_WORD"] = f"canary-{nonce()}\n"  # as the text of a key file ends
    for value in secrets.values():
        driver.redactor.learn(value)
    secrets["NO_WORD"] = ""  # a platform that masks secrets must not find this one everywhere
    commands = [f'printf %s "${name}" | sha256sum' for name in ("PLAIN_WORD", "SECRET_WORD", "_BOTH")]
    # An empty variable is not an unset one.
    digests = (f'printf %s "${{{name}-unset}}" | sha256sum' for name in {**env, **secrets})
    all_of_them = "; ".join((*digests, "echo done"))

    async def attempt(number: int) -> Run | None:
        done = await run(
            driver,
            shell(*commands, all_of_them),
            label=f"attempt {number}",
            env=env,
            secrets=secrets,
        )
        return done if all(done.called(command.split('"')[1]) for command in commands) else None

    done = await attempts(driver, "digests of the variables", attempt)
    await get(driver, done.task, label="read back")
    await history(driver, done.task, label="history")
    await driver.call("list_tasks", label="list", query={"limit": "100"})

    async def printing(number: int) -> Run | None:
        shown = await run(
            driver,
            shell(
                'echo "value=$SECRET_WORD, again $SECRET_WORD."',
                f'printf %s "$SECRET_WORD" > kept-{plain}.txt',
                commands[0],
            ),
            label=f"printing {number}",
            secrets={"SECRET_WORD": secret},
        )
        return shown if shown.called("value=$SECRET_WORD") else None

    shown = await attempts(driver, "printing a secret", printing)
    await get(driver, shown.task, label="printed: read back")
    await history(driver, shown.task, label="printed: history")
    await files(driver, shown.task, label="printed: files")
    await download(driver, shown.task, ".env", label="printed: file of variables")

    async def other(number: int) -> Run | None:
        bare = await run(driver, shell(*commands, "ls"), label=f"other task {number}")
        return bare if bare.called("SECRET_WORD") else None

    await attempts(driver, "the same commands in another task", other)


def nearly(name: str) -> list[str]:
    """Names that differ slightly from this one and from each other; with it and two more there are ten."""
    return [name.lower(), name.title(), name[:-1], *(f"{name}{more}" for more in ("_", "S", "2", "22"))]


@probe(seconds=2, concurrency=Concurrency.AGENT, capabilities=["widget", "environment"], requires=WIDGET)
async def token_env(driver: Driver) -> None:
    """Create a task with variables, and with a token that has variables, too."""
    exchanged, own = nonce(), driver.note("own", nonce())
    caller = await user(driver, f"user-{nonce()}", label="token", env={"OF_EXCHANGE": exchanged})
    for label, fields in {"bare": {}, "with env": {"env": {"OWN_WORD": own}}}.items():
        task = await created(driver, EASY, label=label, caller=caller, **fields)
        await get(driver, task, label=f"{label}: task", caller=caller)
