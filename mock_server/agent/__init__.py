"""The simulated agent: what a message makes it do, decided without a model and without randomness."""
