"""Each package is whole without the others: its modules load with its own dependencies alone."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.wheel.installation import FOLDERS, Installation

pytestmark = pytest.mark.xdist_group("wheel")  # one process builds and installs
EXTRAS: Mapping[str, set[str]] = {
    "sigmic-spec": set(),
    "sigmic-mock": {"pytest", "anyio", "mcp", "mcp_types", "httpx2", "httpcore2", "openai"},
    "sigmic-conformance": {"hypothesis", "schemathesis"},
    "sigmic-load": {"opentelemetry"},
}
"""What a module may miss, because it belongs to an extra or is loaded by pytest alone."""
OTHERS: Mapping[str, set[str]] = {
    "sigmic_spec": {"aiohttp", "pytest", "h11", "nacl"},
    "sigmic_mock": {"sigmic_conformance", "pytest", "h11", "cryptography", "jsonschema", "covertable"},
    "sigmic_conformance": {"sigmic_mock", "aiohttp", "nacl", "jwt", "prometheus_client"},
}
"""What is installed beside a package for another one."""
IMPORT_ALL = """
import importlib, json, pkgutil, sys
package, missing = importlib.import_module(sys.argv[1]), {}
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if module.name.rpartition(".")[2] not in {"__main__", *sys.argv[2:]}:
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as problem:
            missing[module.name] = problem.name.partition(".")[0]
print(json.dumps({"missing": missing, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def imported(where: Installation, package: str, *without: str) -> Mapping[str, Any]:
    """Import every module of a package, `without` those of these names; return what is missing and loaded."""
    done = where.run("python", "-c", IMPORT_ALL, package, *without)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", FOLDERS)
def test_every_module_loads_where_its_distribution_alone_is_installed(
    alone: Mapping[str, Installation], name: str
):
    found = imported(alone[name], name.replace("-", "_"))

    assert [each for each in found["missing"].items() if each[1] not in EXTRAS[name]] == []


@pytest.mark.parametrize("package", OTHERS)
def test_a_package_loads_nothing_that_another_one_needs(full: Installation, package: str):
    found = imported(full, package, "pytest_plugin", "pytest_marks")

    assert OTHERS[package].isdisjoint(found["loaded"])
