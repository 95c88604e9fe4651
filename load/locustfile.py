"""The entry point of Locust in a clone, `locust -f load/locustfile.py`; `sigmic-load run` is the same."""

from sigmic_load.locustfile import *  # noqa: F403 - Locust takes the user classes and the shape of this module
