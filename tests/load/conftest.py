"""Importing Locust patches the standard library; here it may do so only in separate processes.

The workers of xdist wait by threads: a patched wait that only another thread can end is an error of gevent.
"""

import os

UNPATCHED = "LOCUST_SKIP_MONKEY_PATCH"
os.environ[UNPATCHED] = "1"
