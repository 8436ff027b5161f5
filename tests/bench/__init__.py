"""Measured claims; run by `make bench`, not by the tests."""
