"""The HTTP/1.1 client of the suite: sockets and h11; every byte is captured below the library."""
