"""Whether a machine is fit for the mock: findings about it, each with the command that mends it."""
