"""Bring your own CSV: writes a small shop's files in its own words, then takes them through the whole loop.

A shop's export seldom names its columns as this project does. Names that are usual are understood, others are named by
`--map OURS=THEIRS`, and what the shop calls an event by `--type OURS=THEIRS`.
"""

import csv
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

ZHIYIN = Path(sys.executable).parent / "zhiyin"
GOODS = {"tea": ("Green tea", "Black tea", "Chai", "Matcha"), "pets": ("Dog food", "Cat food", "Leash", "Cat tree")}
FIRST = datetime(2026, 1, 5, tzinfo=UTC)


def write_files(folder: Path) -> None:
    """Eight products, and forty customers who buy two of their kind every week, for ten weeks."""
    folder.mkdir(parents=True, exist_ok=True)
    products = [(f"{kind}-{n}", name, kind) for kind, names in GOODS.items() for n, name in enumerate(names)]
    with (folder / "items.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("sku", "name", "department"), *products])
    draw = random.Random(0)  # noqa: S311 (no secret)
    rows = [("customer", "sku", "what", "happened")]
    for customer in range(40):
        own = [sku for sku, _, kind in products if kind == list(GOODS)[customer % 2]]
        for week in range(10):
            day = FIRST + timedelta(weeks=week, days=customer % 7)
            rows += [(f"c{customer}", sku, "SOLD", day.isoformat()) for sku in draw.sample(own, 2)]
    with (folder / "interactions.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def main(folder: Path) -> int:
    """The loop's exit status."""
    write_files(folder)
    names = {"item_id": "sku", "title": "name", "categories": "department", "user_id": "customer"}
    names |= {"event_type": "what", "time": "happened"}
    mapped = [part for ours, theirs in names.items() for part in ("--map", f"{ours}={theirs}")]
    return subprocess.run([ZHIYIN, "loop", folder, *mapped, "--type", "purchase=SOLD", "--minutes", "0.1"]).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
