"""What a judge is given: records, observations, controls, timing, verdicts. No I/O."""
