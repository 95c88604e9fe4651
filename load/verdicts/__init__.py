"""Objectives against what was measured."""
