"""Structured logs: one JSON object a line (words in a terminal), a request id in each, no secrets, no openids in clear."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "…"
SECRET_WORDS = (
    "secret", "password", "token", "authorization", "cookie", "api_v3", "private_key", "openid", "unionid", "session_key",
    "pay_sign", "paysign", "body", "birth_date", "traveller_name", "passport",
)  # fmt: skip


def _hide(value: Any, name: str) -> Any:
    if any(word in name.lower() for word in SECRET_WORDS):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _hide(inner, str(key)) for key, inner in value.items()}
    return value


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever is called like a secret or a person is not written."""
    for name in list(event):
        event[name] = _hide(event[name], name)
    return event


def set_up(level: str = "INFO") -> None:
    """Send structlog and the standard library's loggers to standard error, in one form. Harmless twice."""
    pretty = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.getLogger("urllib3").setLevel(logging.INFO)  # its debug lines hold addresses, and with them the app secret
    for chatty in ("werkzeug", "huey.consumer.Scheduler", "alembic.runtime.plugins"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
