"""The proof of the suite: what breaks a rule must turn its row red, what is legal must not."""
