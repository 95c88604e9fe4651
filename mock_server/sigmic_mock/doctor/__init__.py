"""Checks whether this machine can run the mock; each problem comes with the command that fixes it."""
