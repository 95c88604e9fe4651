"""Random walks through a task's life against any target, within a budget; what they find are verdicts."""
