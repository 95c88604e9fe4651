"""The tools of a probe: a driver of the platform's operations, and steps made of them."""
