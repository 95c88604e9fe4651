"""Files the agent makes, and paths that must not lead anywhere."""

from sigmic_conformance.conformance.labels.artifact import LinkOut, MadeFile
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.probing.prompts import attempts, create_file, nonce, shell
from sigmic_conformance.conformance.probing.steps import Run, download, files, get, paths_of, run
from sigmic_conformance.conformance.registry import Concurrency, probe

TRAVERSALS = (
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "uploads/../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "..\\..\\..\\..\\etc\\passwd",
    "file:///etc/passwd",
    "a.txt\0.png",
    "....//....//....//etc/passwd",
)


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def made_file(driver: Driver) -> None:
    """Have a file made; list it, download it whole and in part, and ask for what is not there."""
    word = driver.note(MadeFile.WORD, nonce())

    async def attempt(number: int) -> Run | None:
        name = f"{word}-{number}.txt"
        done = await run(driver, create_file(name, word), label=MadeFile.ATTEMPT.of(number))
        # Who came too late to the stream knows by this that the turn is over.
        await get(driver, done.task, label="task")
        listed = await files(driver, done.task, label=MadeFile.FILES)
        found = next((path for path in paths_of(listed) if path.endswith(name)), None)
        if found is None:
            return None
        driver.note(MadeFile.NAME, name)
        driver.note(MadeFile.PATH, found)
        driver.note(MadeFile.CONTENT, word)
        driver.note(MadeFile.RUN, MadeFile.ATTEMPT.of(number).stream)
        return done

    made = await attempts(driver, "make a file", attempt)
    task, path = made.task, driver.noted(MadeFile.PATH)
    await download(driver, task, path, label=MadeFile.DOWNLOAD)
    await driver.call(
        "download_artifact",
        label="range",
        path={"id": task},
        query={"path": path},
        headers=(("Range", "bytes=1-3"),),
    )
    await driver.call(
        "download_artifact",
        label="range beyond",
        path={"id": task},
        query={"path": path},
        headers=(("Range", "bytes=1000000-"),),
    )
    await driver.request(
        "HEAD",
        driver.target("download_artifact", {"id": task}, {"path": path}),
        operation="download_artifact",
        label=MadeFile.HEAD,
    )
    await download(driver, task, f"{word}-nowhere.txt", label="missing file")
    await driver.call("download_artifact", label="no path", path={"id": task})
    for number, outside in enumerate(TRAVERSALS):
        await download(driver, task, outside, label=MadeFile.TRAVERSAL.of(number))
    base = driver.target("download_artifact", {"id": task}, {})
    for number, raw in enumerate(("..%252f..%252f..%252fetc%252fpasswd", "../../../../etc/passwd", "%00")):
        await driver.request(
            "GET",
            f"{base}?path={raw}",
            operation="download_artifact",
            label=MadeFile.RAW_TRAVERSAL.of(number),
        )


@probe(seconds=4, concurrency=Concurrency.AGENT, capabilities=["artifacts", "tools"])
async def link_out(driver: Driver) -> None:
    """Have the agent make a symbolic link to a file outside its workspace, and ask for it."""
    word = nonce()

    async def attempt(number: int) -> Run | None:
        name = driver.note(LinkOut.NAME, f"{word}-{number}.txt")
        command = f"ln -s /etc/passwd {name} && ls {name}"
        done = await run(driver, shell(command), label=LinkOut.ATTEMPT.of(number))
        return done if done.called(name) else None

    made = await attempts(driver, "make a link", attempt)
    for path in (driver.noted(LinkOut.NAME), *paths_of(await files(driver, made.task, label="files"))):
        await download(driver, made.task, path, label=LinkOut.LINK.of(path))
