"""Builds with hatchling, and tells hatch_build.py when the build is editable.

An editable build comes with `-e spec`, so that sigmic-spec must stay a plain name there: pip refuses to
install a folder twice, once editable and once not. The hooks that write metadata alone are left out, since
hatchling offers none to pip; every installer then reads the metadata of the wheel.
"""

import os

from hatchling import build
from hatchling.build import (  # noqa: F401 - the hooks of hatchling that stay as they are
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)


def build_editable(*arguments, **named):
    """Build as hatchling does, for `pip install -e`."""
    os.environ["SIGMIC_SPEC_BY_NAME"] = "1"
    return build.build_editable(*arguments, **named)
