import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
import sigmic_conformance.checks as judges
for found in pkgutil.iter_modules(judges.__path__):
    importlib.import_module(f"sigmic_conformance.checks.{found.name}")
ours = {f"sigmic_conformance.{name}" for name in ("wire.client", "traffic.driver")}
print(*sorted(({"asyncio", "h11", "http.client"} | ours) & set(sys.modules)))
"""


def test_judges_bring_no_network_with_them():
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []


def test_the_suite_and_the_reference_platform_do_not_know_each_other():
    code = (
        "import sigmic_conformance.cli, sys;"
        "print(*(name for name in sys.modules if name.startswith('sigmic_mock')))"
    )

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []
