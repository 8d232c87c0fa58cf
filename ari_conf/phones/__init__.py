"""Callers for tests and demos: phones that send a tone of their own and measure what they hear."""
