"""The tools of a check: records, observations, controls, timing, verdicts. No I/O."""
