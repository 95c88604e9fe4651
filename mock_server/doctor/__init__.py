"""Examines a machine: findings about its fitness for the mock, each with the command that mends it."""
