"""Instruments that measure the suite and the mock, run from a clone: see README.md. Not published."""
