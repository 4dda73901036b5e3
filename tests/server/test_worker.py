"""The worker relays facts and runs jobs, and no job can stop it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from server.jobs import Job
from server.worker import working
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
def runs():
    return []


@asynccontextmanager
async def leading(settings, *jobs):
    async with working(settings, jobs) as relay:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not relay.is_leading:
                await asyncio.sleep(0.01)
        yield relay


def job(name, runs, error=None) -> Job:
    async def work(_, now):
        runs.append((name, now))
        if error:
            raise error
        return 1

    return Job(name, 0.02, work)


async def test_a_failing_job_is_tried_again_and_leaves_the_others_alone(settings, database, runs):
    async with leading(settings, job("bad", runs, ValueError("no")), job("good", runs)):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(runs) < 6:
                await asyncio.sleep(0.01)

    assert {name for name, _ in runs} == {"bad", "good"}


async def test_jobs_run_in_one_process_only(settings, database, runs):
    others = []
    async with leading(settings, job("first", runs)), working(settings, [job("second", others)]):
        await asyncio.sleep(0.3)
        assert others == []
        assert runs


async def test_whoever_stands_by_takes_over(settings, database, runs):
    async with leading(settings), working(settings, [job("second", runs)]) as second:
        pass
    async with working(settings, [job("second", runs)]) as second:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not runs:
                await asyncio.sleep(0.01)

        assert second.is_leading


async def test_nothing_runs_after_the_block(settings, database, runs):
    async with leading(settings, job("only", runs)):
        pass
    count = len(runs)

    await asyncio.sleep(0.1)

    assert len(runs) == count
