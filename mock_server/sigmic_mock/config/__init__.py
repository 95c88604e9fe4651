"""Settings of a server: flags, environment, the file `mock.yaml`, defaults."""
