"""`python -m benchmarks.offers [--json OUT]`: who redeems? The offers' model beside propensity by past spending.

Learned from the earlier campaigns, tested on the last ones; each campaign's shoppers are described by what happened
before it began. Campaigns, redemptions, behaviour and catalogue are those of the settings' home (`make demo` leaves one
there). A row a system over all last campaigns, and one for each of them.
"""

import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from numpy.typing import NDArray

from recommender.db.engine import session_scope
from recommender.offers.model import OfferModel, auc, fit, lift
from recommender.offers.model_columns import CAMPAIGN, SHOPPER, Floats, shopper_columns
from recommender.store.intervals import recorded_stretch
from training.offers import (
    Marketing,
    NothingToLearn,
    Rows,
    fit_offers,
    joined,
    measured,
    read_marketing,
    rows_by_campaign,
    split,
)

SPENDING = {f"spending of {days} days": SHOPPER.index(f"spent_{days}d") for days in (30, 90, 180)}
OURS, RESAMPLES = "zhiyin", 1000
GOALS = {"AUC over spending's best": 0.05, "lift@10% ratio to spending's best": 1.5}


def main(out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None) -> None:
    """Measures and prints a table."""
    started = time.perf_counter()
    marketing = read()
    rows = rows_by_campaign(marketing)
    earlier, last = split(marketing.campaigns)
    model = fit_offers(marketing, rows, earlier)
    tested = joined(rows, last)
    measurements = [
        ours(model, tested),
        *(spending(name, column, tested) for name, column in SPENDING.items()),
        propensity(joined(rows, earlier), tested, model.kinds),
    ]
    report = {
        "machine": machine(),
        "trained_on": [one.campaign_id for one in earlier],
        "tested_on": [one.campaign_id for one in last],
        "shoppers": len(tested.shopper_redeemed),
        "redeemed": int(tested.shopper_redeemed.sum()),
        "seconds": round(time.perf_counter() - started, 1),
        "rows": measurements,
        "campaigns": [of_campaign(one.campaign_id, one.kind, model, rows[one.campaign_id]) for one in last],
        "goals": goals(measurements),
    }
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def read() -> Marketing:
    with session_scope() as session:
        stretch = recorded_stretch(session)
        try:
            return read_marketing(session, stretch.end if stretch else datetime.now(UTC))
        except NothingToLearn as lack:
            raise SystemExit(f"{lack}; or run `make demo` first, or set ZHIYIN_HOME") from None


def ours(model: OfferModel, tested: Rows) -> dict[str, Any]:
    figures, _ = measured(model, tested)
    interval = spread(tested.shopper_redeemed, model.shopper.probability(tested.shopper))
    return {"system": OURS, **figures, "AUC 95%": interval}


def spending(name: str, column: int, tested: Rows) -> dict[str, Any]:
    return row(name, tested, tested.shopper[:, column], tested.coupon[:, column])


def propensity(learned: Rows, tested: Rows, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Spending at its best: fitted, with the kind, length and size of the campaign beside it."""
    shopper = [*SPENDING.values(), *range(len(SHOPPER), len(SHOPPER) + len(kinds) + len(CAMPAIGN))]
    names = tuple(shopper_columns(kinds)[place] for place in shopper)
    fitted = fit(names, learned.shopper[:, shopper], learned.shopper_redeemed)
    scores = fitted.probability(tested.shopper[:, shopper])
    return row("spending and campaign, fitted", tested, scores, fitted.probability(tested.coupon[:, shopper]))


def row(name: str, tested: Rows, shopper: Floats, coupon: Floats) -> dict[str, Any]:
    return {
        "system": name,
        "AUC": auc(tested.shopper_redeemed, shopper),
        "lift@10%": lift(tested.shopper_redeemed, shopper),
        "coupon AUC": auc(tested.coupon_redeemed, coupon),
        "coupon lift@10%": lift(tested.coupon_redeemed, coupon),
        "AUC 95%": spread(tested.shopper_redeemed, shopper),
    }


def spread(redeemed: NDArray[np.bool_], scores: Floats) -> list[float]:
    """The bounds of the middle 95% of AUCs over resampled shoppers."""
    rng = np.random.default_rng(0)
    drawn = (rng.integers(0, len(scores), len(scores)) for _ in range(RESAMPLES))
    found = [auc(redeemed[rows], scores[rows]) for rows in drawn]
    return [round(float(bound), 4) for bound in np.nanquantile(found, [0.025, 0.975])]


def of_campaign(campaign_id: str, kind: str, model: OfferModel, rows: Rows) -> dict[str, Any]:
    scores = model.shopper.probability(rows.shopper)
    return {
        "campaign": campaign_id,
        "kind": kind,
        "shoppers": len(scores),
        "redeemed": int(rows.shopper_redeemed.sum()),
        "expected": float(scores.sum()),
        "AUC": auc(rows.shopper_redeemed, scores),
        "AUC of spending": auc(rows.shopper_redeemed, rows.shopper[:, SHOPPER.index("spent_90d")]),
    }


def goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Better than the best of the baselines, by a margin that matters."""
    own, others = rows[0], rows[1:]
    values = (
        own["AUC"] - max(one["AUC"] for one in others),
        own["lift@10%"] / max(one["lift@10%"] for one in others),
    )
    return [
        {"name": name, "value": value, "target": target, "met": bool(value >= target)}
        for (name, target), value in zip(GOALS.items(), values, strict=True)
    ]


def machine() -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}


def show(report: dict[str, Any]) -> None:
    print(
        f"learned from {len(report['trained_on'])} campaigns, tested on {len(report['tested_on'])} later ones: "
        f"{report['shoppers']} addressed, {report['redeemed']} redeemed; {report['seconds']} s\n"
    )
    print(f"{'system':<31}{'AUC':>8}{'95%':>16}{'lift@10%':>10}{'coupon AUC':>12}{'coupon lift':>13}")
    for one in report["rows"]:
        low, high = one["AUC 95%"]
        print(
            f"{one['system']:<31}{one['AUC']:>8.3f}{f'{low:.3f}-{high:.3f}':>16}{one['lift@10%']:>10.2f}"
            f"{one['coupon AUC']:>12.3f}{one['coupon lift@10%']:>13.2f}"
        )
    print(f"\n{'campaign':<12}{'kind':<10}{'shoppers':>9}{'redeemed':>10}{'expected':>10}{'AUC':>8}{'spending':>10}")
    for one in report["campaigns"]:
        print(
            f"{one['campaign']:<12}{one['kind']:<10}{one['shoppers']:>9}{one['redeemed']:>10}{one['expected']:>10.1f}"
            f"{one['AUC']:>8.3f}{one['AUC of spending']:>10.3f}"
        )
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.3f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
