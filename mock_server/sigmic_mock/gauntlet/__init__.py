"""A client's own tests under each fault: the plan, the runs, their outcomes, and the summary."""
