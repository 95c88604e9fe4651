"""Directives: the exact sentences that the agent executes."""
