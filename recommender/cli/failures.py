"""What a user can mend is said in one line, with the remedy, by every command of the platform: never by a traceback.

It knows the failures that any command can meet: a database away, without tables or of a later release, a home that
can't be written, a setting or a day that makes no sense. What a command alone can meet, it words itself.
"""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnection

from recommender.db.engine import NewerSchema, first_line
from recommender.settings import get_settings
from recommender.shops import ShopError
from recommender.utils.logging import configure_logs

UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENOSPC)
NO_TABLES = ("no such table", "no such column", "does not exist")
MIGRATE = "the database lacks tables of this release: zhiyin migrate"


@contextmanager
def report_failures() -> Iterator[None]:
    """A command with its logs set up; a failure that can be worded ends it with status 1."""
    try:
        configure_logs(get_settings().log_level)
        yield
    except Exception as failure:
        words = describe_failure(failure)
        if words is None:
            raise
        sys.stderr.write(f"error: {words}\n")
        raise typer.Exit(1) from failure


def describe_failure(failure: Exception) -> str | None:
    """One line on what happened and what to do; None for what is a fault of ours."""
    match failure:
        case NewerSchema() | ShopError():
            return str(failure)
        case OperationalError() | ProgrammingError() | InterfaceError() | NoConnection():
            return _of_database(failure)
        case ArgumentError():
            return f"ZHIYIN_DATABASE_URL is not a database's address ({failure}): write sqlite:/// or postgresql://"
        case OSError():
            return _of_file(failure)
        case OverflowError():
            return f"a day or a number of days is beyond what dates can be ({failure}): name one in our time"
        case ValidationError() if failure.title == "Settings":
            one = failure.errors()[0]
            return f"ZHIYIN_{'.'.join(map(str, one['loc'])).upper()}: {one['msg']}; .env.example says what each takes"
    return None


def _of_database(failure: Exception) -> str:
    reason = first_line(getattr(failure, "orig", None) or failure)
    if any(words in reason for words in NO_TABLES):
        return MIGRATE
    if "readonly" in reason or "read-only" in reason:
        return f"the database can't be written ({reason}): check who may write ZHIYIN_HOME, or ZHIYIN_DATABASE_URL"
    return f"the database can't be used ({reason}): check ZHIYIN_DATABASE_URL and ZHIYIN_HOME"


def _of_file(failure: OSError) -> str:
    where = f"{failure.filename or 'a file'}: {failure.strerror or failure}"
    return f"{where}: ZHIYIN_HOME must be a folder that can be written" if failure.errno in UNWRITABLE else where
