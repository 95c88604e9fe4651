"""Random walks through a task's lifecycle against any target, within a budget; the results are verdicts."""
