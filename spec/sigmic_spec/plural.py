"""Write a number with its noun. Shared by the mock, the suite and the load tests."""


def plural(number: int, noun: str, nouns: str = "") -> str:
    """Return `1 row`, `2 rows`, `1,000 rows`. `nouns` is the plural of a noun that adds more than an `s`."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
