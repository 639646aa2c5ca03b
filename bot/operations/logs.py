"""Sets up logging: structlog on standard error. Nobody logs people's text or tokens."""

import logging
import sys

import structlog

QUIET_LOGGERS = ("httpx", "apscheduler", "uvicorn.access", "slack_bolt", "slack_sdk")


def configure(level: int = logging.INFO) -> None:
    """Sets up structlog and the standard library's loggers alike.

    Args:
        level: the least level that is written; of QUIET_LOGGERS only warnings are.
    """
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
            if sys.stderr.isatty()
            else structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
