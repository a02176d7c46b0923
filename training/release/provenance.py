"""Which code made a model: the package's version, and the commit where it stands in a git checkout."""

import subprocess

from recommender import __version__
from recommender.settings import PROJECT_ROOT


def code_version() -> str:
    """As `1.2.3+abc1234`; the package's version alone where there is no git or no checkout."""
    command = ["git", "-C", str(PROJECT_ROOT), "rev-parse", "--short", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__}+{found.stdout.strip()}"
