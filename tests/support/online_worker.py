"""A process that writes or reads profiles for a while: `python -m tests.support.online_worker write|read SECONDS`.

It prints one JSON line: how much it did and what went wrong. A reader checks that each profile it gets is whole.
"""

import json
import sys
import time
from datetime import timedelta

from features.online import push_profiles, read_profiles
from tests.support.profiles import AS_OF, some_profile

SHOPPERS = [f"shopper {n}" for n in range(20)]


def write(step: int) -> None:
    """Pushes a new version of every shopper; how many events it has follows from its version."""
    as_of = AS_OF + timedelta(seconds=step)
    push_profiles([some_profile(user, events=1 + step % 40, version=step, as_of=as_of) for user in SHOPPERS])


def read(_step: int) -> None:
    for profile in read_profiles(SHOPPERS).values():
        whole = {len(profile.history.item_ids), len(profile.history.times), 1 + profile.version % 40}
        if len(whole) > 1:
            raise AssertionError(f"version {profile.version} is mixed with another: {whole}")


def main() -> None:
    act, seconds = {"write": write, "read": read}[sys.argv[1]], float(sys.argv[2])
    done, errors = 0, []
    read(0)  # the store is open before the others are let go
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            act(done := done + 1)
        except Exception as error:
            errors.append(repr(error))
    sys.stdout.write(json.dumps({"done": done, "errors": errors[:3]}) + "\n")


if __name__ == "__main__":
    main()
