"""One observation of a run, and what it shows of tasks, turns, calls, files, requests and variables."""
