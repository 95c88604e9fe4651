"""Forms of unusual but legal shape: names twice, paths in names, files first, text around the parts."""

import asyncio
from dataclasses import replace

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import download, files, follow, get, paths_of, task_id
from sigmic_conformance.wire.bodies import FilePart, Form, Plain
from sigmic_conformance.wire.numbered_text import numbered

SIZES_AT_ONCE = (150_000, 150_001)
"""Sizes of two files with the same name and different content that are uploaded in parallel."""
LARGE_BYTES = 2_500_000
"""More than front ends and frameworks accept by default."""


def encoded(form: Form) -> bytes:
    """A small form as bytes."""
    return b"".join(form.portions())


def surrounded(form: Form) -> Plain:
    """The same form with text before its first and after its last boundary (RFC 2046 §5.1.1)."""
    before, after = b"This is a message in many parts.\r\n", b"\r\nThis is the end.\r\n"
    return Plain(before + encoded(form) + after, form.content_type)


@probe(seconds=3, concurrency=Concurrency.AGENT, capabilities=["files"])
async def form_shapes(driver: Driver) -> None:
    """Create tasks from such forms, two in parallel with a file of one name; read message and files back."""
    word = driver.note("word", nonce())
    driver.note("message", EASY)
    twice = [FilePart("same.txt", b"one"), FilePart("same.txt", b"two")]
    decomposed = [FilePart(f"folder/inner/cafe\u0301-{word}.txt", b"named")]
    plain = Form({"message": EASY}, [FilePart("plain.txt", word.encode())])
    # A boundary is valid only at the start of a line.
    text = f"not --{plain.boundary} here\n".encode()
    within = [
        FilePart("boundary.txt", text.ljust(min(LARGE_BYTES, driver.profile.accepted_file_bytes), b"."))
    ]
    kinds = {"same names": twice, "decomposed": decomposed, "boundary within": within}
    for label, parts in kinds.items():
        await read_back(driver, label, Form({"message": EASY}, parts, typed=label == "boundary within"))
    await read_back(driver, "files first", replace(plain, files_first=True))
    await read_back(driver, "text around", surrounded(plain))
    texts = (numbered(size, first=size).encode() for size in SIZES_AT_ONCE)
    at_once = [Form({"message": EASY}, [FilePart("at-once.txt", text)]) for text in texts]
    await asyncio.gather(
        *(read_back(driver, f"concurrent {place}", form) for place, form in enumerate(at_once))
    )


async def read_back(driver: Driver, label: str, body: Form | Plain) -> None:
    """Create a task from this form, run it and read it."""
    made = await driver.call("create_task", label=label, body=body)
    if not made.ok:
        return
    task = task_id(driver, made)
    await follow(driver, task, label=f"{label}: run")
    await get(driver, task, label=f"{label}: task")
    for path in paths_of(await files(driver, task, label=f"{label}: files")):
        await download(driver, task, path, label=f"{label}: {path}")
