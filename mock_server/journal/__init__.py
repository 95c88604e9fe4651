"""The developer's journal: bounded entries of what was asked, what was written, and which faults acted.

Not the log of a task (`domain.event_log`), which is a part of the platform and says what a newcomer hears.
"""
