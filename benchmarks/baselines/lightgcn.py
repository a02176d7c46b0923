"""LightGCN (He et al. 2020): embeddings of shoppers and items smoothed over the graph of who has what.

It knows a task. Learned by BPR over pairs, three layers, the usual small width for a CPU; no order, no text.

Shape suffixes: U shoppers, N items, v = U + N nodes of a graph, D width, Q queries.
"""

import warnings

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn

from benchmarks.baselines.graphs import owned_matrix
from benchmarks.baselines.log import Floats, Queries
from benchmarks.baselines.plain import Fitted
from benchmarks.quality.protocols import Task

WIDTH, LAYERS, STEPS, PAIRS = 64, 3, 400, 16_384
_RATE, _PENALTY = 5e-3, 1e-4


def lightgcn(task: Task, seed: int) -> Fitted:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    owned_UN = owned_matrix(task.log, task.items)
    graph_vv = _normalised(owned_UN)
    shoppers = task.log.shoppers
    start_vD = nn.Parameter(torch.randn(shoppers + task.items, WIDTH) * 0.1)
    optimizer = torch.optim.Adam([start_vD], lr=_RATE)
    users_L, items_L = owned_UN.nonzero()
    pairs = min(PAIRS, 4 * len(users_L))
    for _ in range(STEPS):
        chosen = rng.integers(0, len(users_L), pairs)
        users, right = torch.from_numpy(users_L[chosen]).long(), torch.from_numpy(items_L[chosen]).long() + shoppers
        wrong = torch.from_numpy(rng.integers(0, task.items, pairs)) + shoppers
        nodes_vD = _smoothed(graph_vv, start_vD)
        better = (nodes_vD[users] * (nodes_vD[right] - nodes_vD[wrong])).sum(1)
        size = start_vD[users].square().sum() + start_vD[right].square().sum() + start_vD[wrong].square().sum()
        loss = nn.functional.softplus(-better).mean() + _PENALTY * size / pairs
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.inference_mode():
        nodes = _smoothed(graph_vv, start_vD).numpy()
    shopper_UD, item_ND = nodes[:shoppers], nodes[shoppers:]

    def scores(queries: Queries) -> Floats:
        result: Floats = shopper_UD[queries.users_Q] @ item_ND.T
        return result

    return Fitted(scores, start_vD.numel())


def _smoothed(graph_vv: Tensor, start_vD: Tensor) -> Tensor:
    total_vD = layer_vD = start_vD
    for _ in range(LAYERS):
        layer_vD = graph_vv @ layer_vD
        total_vD = total_vD + layer_vD
    return total_vD / (LAYERS + 1)


def _normalised(owned_UN: sp.csr_matrix) -> Tensor:
    both = sp.bmat([[None, owned_UN], [owned_UN.T, None]]).tocsr()
    root = sp.diags(1 / np.sqrt(np.maximum(np.asarray(both.sum(axis=1)).ravel(), 1)))
    graph = (root @ both @ root).tocsr().astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sparse tensors are called a beta
        return torch.sparse_csr_tensor(
            torch.from_numpy(graph.indptr.astype(np.int64)), torch.from_numpy(graph.indices.astype(np.int64)),
            torch.from_numpy(graph.data), size=graph.shape,
        )  # fmt: skip
