"""The proof of the suite: every violation must fail its row, and legal behaviour must not."""
