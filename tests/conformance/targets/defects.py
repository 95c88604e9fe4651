"""All defects; importing this registers them."""

from tests.conformance.targets import access_defects, file_defects, stream_defects, task_defects
from tests.conformance.targets.catalogue import DEFECTS

MODULES = (access_defects, file_defects, stream_defects, task_defects)
__all__ = ["DEFECTS", "MODULES"]
