"""The `process` backend: an ordinary process tree.

It keeps environments apart and ends with its session. It confines nothing: a command can read and do what the
platform's own user can.
"""

import sys

from sigmic_conformance.mock_server.sandbox.recipe import Recipe


def recipe() -> Recipe:
    """Return the recipe; it works on any Unix."""
    unmet = {
        "filesystem": "none",
        "process": "none",
        "network": "none",
        "limits": "partial: per process only; no bound on how many",
    }
    if sys.platform != "linux":
        unmet["kill_tree"] = "partial: a daemon that leaves its session escapes"
        unmet["limits"] = "partial: set when the sandbox starts, not per command"
    return Recipe(name="process", level="weak", config={"backend": "process"}, unmet=unmet)
