"""Builds with hatchling, and tells hatch_build.py when the build is editable.

An editable build comes with `-e spec`, so that sigmic-spec must stay a plain name there: pip refuses to
install a folder twice, once editable and once not.
"""

import os

import hatchling.build
from hatchling.build import *  # noqa: F403 - this module is hatchling's backend with two functions changed


def build_editable(*arguments, **named):
    """Build as hatchling does, for `pip install -e`."""
    os.environ["SIGMIC_SPEC_BY_NAME"] = "1"
    return hatchling.build.build_editable(*arguments, **named)


def prepare_metadata_for_build_editable(*arguments, **named):
    """Write the metadata of such a build, as hatchling does."""
    os.environ["SIGMIC_SPEC_BY_NAME"] = "1"
    return hatchling.build.prepare_metadata_for_build_editable(*arguments, **named)
