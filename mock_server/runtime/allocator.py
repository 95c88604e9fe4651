"""Tunes the C library's memory for a process that reads large pieces again and again."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""The parameters of glibc's `mallopt`. Setting one of them ends glibc's own adapting of both."""
_LARGEST_KEPT = 1024 * 1024
_MOST_KEPT = 2 * 1024 * 1024


def keep_freed_pieces() -> None:
    """Let freed pieces of up to 1 MiB be used again, and at most 2 MiB lie unused. Only glibc is told.

    Pieces of an upload are 256 KiB: with glibc's defaults about half of them are given back to the kernel and
    asked for anew, and the kernel clears every page of them first: a fifth of an upload's processor time.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
