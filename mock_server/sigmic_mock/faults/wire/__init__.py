"""Faults of bytes on their way out: answers, and the frames of streams."""
