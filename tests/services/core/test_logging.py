"""A refused body fills no log; every other failure of a request does."""

import logging
import sys
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from services.core.logging import configure_service_logs
from services.schemas.offers import OffersRequest

LOGGER = "bentoml._internal.server.http_app"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """BentoML's logger as the service sets it up; what that changes of all logs is taken back."""
    root, logger = logging.getLogger(), logging.getLogger(LOGGER)
    before, level, handlers, hook = list(logger.filters), root.level, list(root.handlers), sys.excepthook
    configure_service_logs("info")
    yield logger
    logger.filters[:], root.handlers[:], sys.excepthook = before, handlers, hook
    root.setLevel(level)


def is_logged(logger: logging.Logger, failure: Exception | None) -> bool:
    raised = (type(failure), failure, None) if failure is not None else None
    record = logger.makeRecord(LOGGER, logging.ERROR, "file", 1, "failed", (), raised)
    return bool(logger.filter(record))


def test_a_body_that_fails_its_model_is_not_logged_and_anything_else_is(logger: logging.Logger) -> None:
    with pytest.raises(ValidationError) as refused:
        OffersRequest.model_validate({})
    assert not is_logged(logger, refused.value)
    assert is_logged(logger, ValueError("a failure of the service's own"))
    assert is_logged(logger, None)


def test_setting_it_up_again_adds_no_second_filter(logger: logging.Logger) -> None:
    count = len(logger.filters)
    configure_service_logs("info")
    assert len(logger.filters) == count
