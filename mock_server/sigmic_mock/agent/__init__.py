"""The simulated agent: compiles a message to steps, without a model and without randomness."""
