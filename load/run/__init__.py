"""One load test in one process: what was asked, and what its users share."""
