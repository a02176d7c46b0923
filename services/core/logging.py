"""What the service logs: a refused request is the sender's affair and fills no log with tracebacks."""

import logging

from pydantic import ValidationError

from recommender.utils.logging import configure_logs


class _Refusals(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log a record: all but those that carry pydantic's `ValidationError`."""
        error = record.exc_info[0] if isinstance(record.exc_info, tuple) else None
        return not (error is not None and issubclass(error, ValidationError))


def configure_service_logs(level: str) -> None:
    """Keeps BentoML from logging each body that fails its model; /metrics counts them as 400."""
    configure_logs(level)
    logger = logging.getLogger("bentoml._internal.server.http_app")
    if not any(isinstance(each, _Refusals) for each in logger.filters):
        logger.addFilter(_Refusals())
