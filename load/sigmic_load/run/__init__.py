"""One load test in one process: its options, and the state that its users share."""
