"""The composition root and what surrounds a server's life: serving, banner, logs, metrics."""
