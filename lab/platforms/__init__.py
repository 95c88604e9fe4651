"""Independent platforms, the free choices that they draw, and the mistakes that are planted in them."""
