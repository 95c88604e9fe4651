"""The version of all four distributions, written here alone: their builds read it from this line."""

VERSION = "0.1.0"
