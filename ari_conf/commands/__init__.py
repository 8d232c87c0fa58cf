"""Commands of ``ari-conf`` that have parts of their own, and what all commands share."""
