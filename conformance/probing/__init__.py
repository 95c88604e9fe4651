"""What a probe is given: a driver of the platform's operations, and steps made of them."""
