"""A client's own tests under each fault: what to arm, how to run, what came of it, and the card."""
