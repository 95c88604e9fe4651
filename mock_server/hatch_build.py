"""What a build of the mock adds to its modules: sigmic-spec of the same clone, what the agent says."""

import os
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface


class CloneDependency(MetadataHookInterface):
    """In a clone, sigmic-spec is the folder beside this one, so `pip install ./mock_server` works.

    A release builds with SIGMIC_SPEC_BY_NAME=1: its metadata must not name a folder of one machine.
    """

    def update(self, metadata):
        """Set the dependencies: those of pyproject.toml, and sigmic-spec."""
        spec = Path(self.root).parent / "spec"
        in_clone = (spec / "pyproject.toml").is_file() and not os.environ.get("SIGMIC_SPEC_BY_NAME")
        own = f"sigmic-spec @ {spec.as_uri()}" if in_clone else "sigmic-spec"
        metadata["dependencies"] = [own, *self.config["dependencies"]]


class BundledFixtures(BuildHookInterface):
    """A wheel holds playbooks and answers of fixtures/; an editable install reads them in the clone."""

    def initialize(self, version, build_data):
        """Add the files to a wheel that is not editable; the source distribution has a rule of its own."""
        if self.target_name != "wheel" or version == "editable":
            return
        roots = (Path(self.root), Path(self.root).parent)
        for name in ("playbooks", "answers"):
            (found,) = (each for root in roots if (each := root / "fixtures" / name).is_dir())
            build_data["force_include"][str(found)] = f"sigmic_mock/bundled/{name}"
