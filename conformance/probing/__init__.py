"""The tools of a probe: a driver of the platform's operations, and steps that use it."""
