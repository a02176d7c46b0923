"""A model measured on another one's held-out days: the same shoppers, the same items wanted, the same past to look at.

It knows two bundles, whose catalogues may differ in items and order, and a log of events.
"""

import numpy as np
import polars as pl

from recommender.models.bundle import ModelBundle
from recommender.ranking.metrics import all_metrics
from training.config import TrainParams
from training.data.interactions import make_log, window
from training.data.side_info import NOTHING, SideInfo
from training.evaluation.evaluate import judge, rank_all
from training.fit.trainer import update_model


def measured_on(
    model: ModelBundle, judge_of: ModelBundle, events: pl.DataFrame, side_info: SideInfo = NOTHING
) -> dict[str, float]:
    """`model`'s metrics on the held-out days of `judge_of`, its counts brought to where those days begin.

    What the model doesn't know it can't recommend: items wanted count even where its catalogue lacks them.
    """
    params = TrainParams(**judge_of.manifest.hyper_parameters)
    start, until = int(params.test_from.timestamp()), int(params.until.timestamp())
    wide = make_log(events, judge_of.catalogue)
    test = window(wide, start, until, params.test_shoppers, params.seed)
    own = make_log(events, model.catalogue)
    code_of = {user_id: code for code, user_id in enumerate(own.shoppers)}
    codes = np.array([code_of.get(wide.shoppers[user], -1) for user in test.users_U], dtype=np.int64)
    then = update_model(model, own, params.test_from, side_info)
    shoppers = side_info.shoppers_at(own, codes, model.catalogue, start)
    rankings = rank_all(then, shoppers, np.ones(len(model.catalogue), dtype=bool))
    translated = [judge_of.catalogue.rows_of(model.catalogue.ids[ranking]) for ranking in rankings]
    everything = np.ones(len(judge_of.catalogue), dtype=bool)
    return all_metrics(*judge(translated, shoppers, test, everything))
