"""The HTTP layer: the only part of the platform that uses aiohttp."""
