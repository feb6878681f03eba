"""Log lines for people, colored on a terminal, or JSON for programs."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from shared.ports.telemetry import trace_id

COLORS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "31;1"}
DIM = "2"
NOISY_LOGGERS = ("azure", "asyncio", "filelock", "faker")


class Lines(logging.Formatter):
    def __init__(self, *, colored: bool) -> None:
        super().__init__()
        self._colored = colored

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        trace = trace_id()[:8] or "-" * 8
        text = record.getMessage()
        if record.levelname in COLORS:
            text = self._painted(f"{record.levelname.lower()}: {text}", COLORS[record.levelname])
        if record.exc_info:
            text = f"{text}\n{self.formatException(record.exc_info)}"
        return f"{self._painted(f'{moment} {trace}', DIM)} {text}"

    def _painted(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self._colored else text


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "traceId": trace_id() or None,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up(*, level: str, form: str, stream: TextIO | None = None) -> None:
    """Log to the stream (default: standard error), as `text` or `json`."""
    out = stream or sys.stderr
    handler = logging.StreamHandler(out)
    handler.setFormatter(Json() if form == "json" else Lines(colored=out.isatty()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It tells of each look for a session that found none, with a trace.
    logging.getLogger("azure.servicebus.aio._async_utils").setLevel(logging.ERROR)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
