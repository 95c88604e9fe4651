"""The HTTP/1.1 client of the suite: sockets, h11, and every byte captured below the library."""
