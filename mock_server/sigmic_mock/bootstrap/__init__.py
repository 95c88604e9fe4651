"""The composition root and the process around a server: serving, banner, logs, metrics."""
