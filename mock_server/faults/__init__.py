"""Faults on request: a catalogue of named ones, what triggers them, and what platform and wire do then."""
