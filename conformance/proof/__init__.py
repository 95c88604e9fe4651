"""The proof of the judge: what breaks a rule must turn its row red, what is legal must not."""
