"""Judges measurements by objectives."""
