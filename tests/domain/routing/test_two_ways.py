"""Plain Python and numpy give the same plan, ties included; another process gives it too."""

import subprocess
import sys
from os import environ
from pathlib import Path

import numpy as np
import pytest

from domain.routing import arrays, subsets
from domain.routing.partition import _limited, _plain, _with_arrays
from tests.domain.routing.worlds import random_request

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("seed", range(80))
def test_both_tables_of_cheapest_parcels_are_equal(seed):
    request = random_request(
        seed,
        lines=1 + seed % 6,
        places=1 + seed % 9,
        shared=seed % 3 == 0,
        capacity=5 if seed % 2 else None,
        capacity_lines=2 if seed % 7 == 0 else None,
        coarse=seed % 5 != 0,
        unit_costs=seed % 4 == 0,
    )
    able = subsets.able_masks(request)

    plain, with_arrays = subsets.cheapest_parcels(request, able), arrays.cheapest_parcels(request, able)

    assert arrays.able_masks(request) == able
    assert with_arrays.cost == plain.cost
    possible = [mask for mask, cost in enumerate(plain.cost) if cost < subsets.NEVER]
    assert [with_arrays.candidate[mask] for mask in possible] == [plain.candidate[mask] for mask in possible]


@pytest.mark.parametrize("seed", range(60))
def test_both_partitions_are_equal(seed):
    random = np.random.default_rng(seed)
    cost = [subsets.NEVER, *random.integers(1, 6, (1 << (1 + seed % 7)) - 1).tolist()]
    split = seed % 3

    plain = _plain(cost, split)

    assert _with_arrays(cost, split) == plain
    limited = _limited(cost, split, len(plain))
    assert sum(cost[mask] for mask in limited) == sum(cost[mask] for mask in plain)


def test_another_process_with_another_hash_seed_finds_the_same_plans():
    """The answer may be replayed anywhere, so nothing may hang on the order of a set."""
    program = (
        "from domain.routing.plan import route\n"
        "from tests.domain.routing.worlds import random_request\n"
        "print([route(random_request(seed, lines=1 + seed % 14, places=8, coarse=True, shared=seed % 2 == 0,"
        " most_stock=3, capacity=6 if seed % 3 else None)) for seed in range(40)])"
    )

    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(answers) == 1
