"""`doctor`: collect facts about a target, then diagnose them separately."""
