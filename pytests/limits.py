"""How long a test waits for what must come."""

from __future__ import annotations

# No guess at the speed of a machine: it is long enough for any, and ends the wait for what never comes.
HANG = 600.0
