"""Journeys: long lives of tasks that bring about every two situations that can occur together."""
