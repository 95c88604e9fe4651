"""The tools of a judge: records, observations, controls, timing, verdicts. No I/O."""
