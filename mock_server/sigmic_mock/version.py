"""The version of the distribution, written here alone: the build reads it from this line."""

VERSION = "0.1.0"
