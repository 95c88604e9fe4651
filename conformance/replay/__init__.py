"""Sends what a saved run recorded once more, and shows both answers."""
