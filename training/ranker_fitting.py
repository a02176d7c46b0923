"""Fitting the listwise ranker: all candidates of a query compete, the answers should win.

It knows examples, not where they come from. Two heads share the scores: what comes next at all and, in shops of
repeat products, what comes next among the products the shopper never had.

Shape suffixes: Q queries, C candidates, F columns.
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.ranker.batch import Batch
from recommender.ranker.features import columns
from recommender.ranker.log import Floats, Ints, Mask, Queries
from recommender.ranker.network import Committee, ListwiseNetwork, ListwiseRanker
from recommender.ranker.sources import Sources
from training.ranker import Progress, RankerParams, batches
from training.ranker_collector import Examples, kept_columns
from training.ranker_trees import fit_trees

_OUT = -1e4
PLACES, BEST = 20, 80  # what NDCG is asked for, and how many of the best may take part in a swap


def fit_listwise(examples: Examples, params: RankerParams, progress: Progress = lambda _: None) -> ListwiseRanker:
    """Networks of different chance, one after the other, whose scores are averaged; and trees beside them."""
    seeds = [params.seed * 100 + number for number in range(params.networks)]
    committee = Committee([_fit_one(examples, replace(params, seed=seed), progress) for seed in seeds]).eval()
    trees = None
    if params.trees:
        progress("ranker, trees")
        trees = fit_trees(examples, committee, params.trees, params.seed)
    return ListwiseRanker(examples.names, examples.scaler, committee, trees)


def _fit_one(examples: Examples, params: RankerParams, progress: Progress) -> ListwiseNetwork:
    torch.manual_seed(params.seed)
    rng = np.random.default_rng(params.seed)
    network = ListwiseNetwork(len(examples.names), params.hidden)
    optimizer = torch.optim.AdamW(network.parameters(), lr=params.learning_rate, weight_decay=params.weight_decay)
    count = len(examples.scaled_QCF)
    steps = params.epochs * -(-count // params.queries_a_step)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, params.learning_rate, total_steps=max(steps, 2), pct_start=0.15
    )
    for epoch in range(params.epochs):
        progress(f"ranker, epoch {epoch + 1} of {params.epochs}")
        order = rng.permutation(count)
        for start in range(0, count, params.queries_a_step):
            loss = _loss(network, examples, np.sort(order[start : start + params.queries_a_step]), params)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network


def _loss(network: ListwiseNetwork, examples: Examples, chosen: NDArray[np.int64], params: RankerParams) -> Tensor:
    network.train()
    scores_QC = network(torch.from_numpy(examples.scaled_QCF[chosen]).float())
    wanted_QC = torch.from_numpy(examples.wanted_QC[chosen])
    new_QC = torch.from_numpy(examples.new_QC[chosen])
    loss = _ranked(scores_QC, wanted_QC, params)
    if params.new_items_weight and not bool(new_QC.all()):
        among_new = _ranked(scores_QC.masked_fill(~new_QC, _OUT), wanted_QC * new_QC, params)
        loss = loss + params.new_items_weight * among_new
    if params.groups_weight:
        for codes_QC in examples.groups_QC.values():
            codes = torch.from_numpy(codes_QC[chosen].astype(np.int64))
            loss = loss + params.groups_weight * _against_groups(scores_QC, wanted_QC, codes)
    return loss


def _ranked(scores_QC: Tensor, wanted_QC: Tensor, params: RankerParams) -> Tensor:
    loss = params.list_weight * _against_the_list(scores_QC, wanted_QC)
    return loss + params.swaps_weight * _swaps(scores_QC, wanted_QC) if params.swaps_weight else loss


def _swaps(scores_QC: Tensor, wanted_QC: Tensor) -> Tensor:
    """LambdaLoss (Wang et al. 2018): each pair in the wrong order costs what swapping it would gain in NDCG."""
    best_QB, rows_QB = scores_QC.topk(min(BEST, scores_QC.shape[1]), dim=1)
    wanted_QB = wanted_QC.gather(1, rows_QB)
    worth_B = torch.zeros(best_QB.shape[1])
    places = min(PLACES, len(worth_B))
    worth_B[:places] = 1 / torch.log2(torch.arange(places) + 2.0)
    most_Q = (wanted_QC > 0).sum(1).clamp(max=places)
    ideal_Q = torch.cat([torch.zeros(1), worth_B.cumsum(0)])[most_Q].clamp(min=1e-9)
    gained_QBB = (worth_B[:, None] - worth_B).abs() / ideal_Q[:, None, None]
    better_QBB = (wanted_QB[:, :, None] > wanted_QB[:, None, :]) * gained_QBB
    behind_QBB = nn.functional.softplus(best_QB[:, None, :] - best_QB[:, :, None])
    return (better_QBB * behind_QBB).sum((1, 2)).mean()


def _against_the_list(scores_QC: Tensor, wanted_QC: Tensor) -> Tensor:
    """Softmax cross-entropy over all candidates, the answers sharing a weight of 1."""
    shares_QC = wanted_QC / wanted_QC.sum(1, keepdim=True).clamp(min=1e-9)
    return -(torch.log_softmax(scores_QC, dim=1) * shares_QC).sum(1).mean()


def _against_groups(scores_QC: Tensor, wanted_QC: Tensor, codes_QC: Tensor) -> Tensor:
    """The same for groups of candidates: what all of a category got together, against the answers' categories."""
    shares_QC = wanted_QC / wanted_QC.sum(1, keepdim=True).clamp(min=1e-9)
    chances_QC = torch.softmax(scores_QC, dim=1)
    groups = int(codes_QC.max()) + 1
    chances_QG = chances_QC.new_zeros(len(codes_QC), groups).scatter_add(1, codes_QC, chances_QC)
    of_answer_QC = chances_QG.gather(1, codes_QC).clamp(min=1e-9)
    return -(of_answer_QC.log() * shares_QC).sum(1).mean()


def rank_all(sources: Sources, ranker: ListwiseRanker, queries: Queries, params: RankerParams) -> tuple[Ints, Floats]:
    """(candidates, scores), each of shape (Q, C), the best first."""
    rows, scores = [], []
    for _, batch in batches(sources, queries):
        found_QC, scores_QC = rank_batch(batch, ranker, params)
        order_QC = np.argsort(-scores_QC, axis=1, kind="stable")
        rows.append(np.take_along_axis(found_QC, order_QC, axis=1))
        scores.append(np.take_along_axis(scores_QC, order_QC, axis=1))
    return np.concatenate(rows), np.concatenate(scores)


def rank_batch(batch: Batch, ranker: ListwiseRanker, params: RankerParams) -> tuple[Ints, Floats]:
    rows_QC = batch.candidates(params.candidates)
    names, values_QCF = kept_columns(*columns(batch, rows_QC), params.left_out)
    scores_QC, fresh_N = ranker.score(names, values_QCF), batch.sources.fresh_N
    if batch.sources.keeps_fresh:
        scores_QC = with_one_fresh(scores_QC, fresh_N[rows_QC], float(fresh_N.mean()))
    return rows_QC, scores_QC


def with_one_fresh(scores_QC: Floats, fresh_QC: Mask, share: float) -> Floats:
    """Of the first 1 / `share` places at least one, the last, is the best candidate's that nobody has touched.

    `share` is theirs of the catalogue. They are judged against each other; that few answers of the past were fresh
    must not keep them from being seen.
    """
    first = round(1 / share) if share else 0
    if not 2 <= first <= scores_QC.shape[1]:
        return scores_QC
    among_fresh_QC = np.where(fresh_QC, scores_QC, -np.inf)
    best_Q1 = among_fresh_QC.argmax(axis=1)[:, None]
    others_QC = scores_QC.copy()
    np.put_along_axis(others_QC, best_Q1, -np.inf, axis=1)
    nearest_Q2 = -np.partition(-others_QC, (first - 2, first - 1), axis=1)[:, first - 2 : first]  # before and after
    due_Q1 = np.where(fresh_QC.any(axis=1), nearest_Q2.mean(axis=1), -np.inf)[:, None]
    raised_QC = scores_QC.copy()
    best_score_Q1 = np.take_along_axis(scores_QC, best_Q1, axis=1)
    np.put_along_axis(raised_QC, best_Q1, np.maximum(best_score_Q1, due_Q1), axis=1)
    return raised_QC
