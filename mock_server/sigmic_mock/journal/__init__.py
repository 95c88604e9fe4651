"""The developer's journal: bounded entries of requests, of what was written, and of faults that fired.

It is not the log of a task (`domain.event_log`), which is a part of the platform and the source of replays.
"""
