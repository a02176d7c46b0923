"""Feast is imported without what only costs time; what it can do for this project is whole."""

import subprocess
import sys

LEAN = """
import sys, features
assert "torch" not in sys.modules
import feast, typeguard
from feast.feature_view import FeatureView
assert "check_argument_types" not in FeatureView.__init__.__code__.co_names
assert typeguard.typechecked is typeguard._decorators.typechecked
import torch
"""


def test_feast_comes_without_torch_and_unchecked_and_both_are_there_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
