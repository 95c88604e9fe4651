"""The HTTP edge: the only part of the platform that knows aiohttp."""
