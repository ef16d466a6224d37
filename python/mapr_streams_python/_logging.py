"""Where librdkafka's log goes: what the property `logger` stands for.

`logging` is imported when there is something to log.
"""

from __future__ import annotations

import sys

# Not typing's, whose import costs more than all of this.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging
    from typing import Any, Callable, Protocol

    class Log(Protocol):
        """What has the method that lines are given to."""

        log: Callable[..., object]


NAME = "mapr_streams_python"

# From logging's levels back to syslog's, for what is printed.
_SYSLOG = {50: 2, 40: 3, 30: 4, 20: 6, 10: 7}


class Named:
    """A logger of the `logging` module, by its name.

    Where the program gives that logger a level of its own it holds; else ``log_level`` and ``debug`` of the client say
    what is logged, whatever the level of the root logger. Where nobody handles what is logged, it is printed as
    librdkafka does.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def log(self, level: int, text: str, *values: object) -> None:
        import logging

        logger = logging.getLogger(self.name)
        if not logger.hasHandlers():
            return _print(level, *values)
        if logger.level and not logger.isEnabledFor(level) or logger.manager.disable >= level:
            return
        logger.handle(logger.makeRecord(logger.name, level, "librdkafka", 0, text, values, None, "log"))


def _print(level: int, facility: object, client: object, text: object) -> None:
    import time

    if sys.stderr is not None:
        line = f"%{_SYSLOG[level]}|{time.time():.3f}|{facility}|{client}| {text}\n"
        # In one piece: other threads print too.
        sys.stderr.write(line)
        sys.stderr.flush()


# For ever: clients refer to them without owning them.
_named: dict[str, Named] = {}


def find(value: str | logging.Logger | Log = NAME) -> tuple[Any, bool]:
    """What has the method `log`, and whether any thread may call it.

    :raises TypeError: `value` cannot be a logger
    """
    if isinstance(value, str):
        # The text of a subclass may be compared as it likes.
        name = str.__str__(value)
        return _named.setdefault(name, Named(name)), True
    if not callable(getattr(value, "log", None)):
        raise TypeError(
            "logger must be a logging.Logger, the name of one, or another object with a method log, not "
            + type(value).__name__
        )
    # Who has a Logger has imported it.
    logging = sys.modules.get("logging")
    return value, logging is not None and isinstance(value, (logging.Logger, logging.LoggerAdapter))
