"""How a pet goes through a scene."""

import numpy as np
import pytest

from bench.pet_walk import sleep, walk
from petcam.feed.demo import HEIGHT, WIDTH


@pytest.mark.parametrize("seed", range(30))
def test_a_pet_comes_from_outside_and_leaves_the_picture_again(seed):
    path = walk(np.random.default_rng(seed), 200, 180)
    for pose in (path.pose(0.0), path.pose(path.seconds - 1e-6)):
        assert pose.x < -99 or pose.x > WIDTH + 99 or pose.y > HEIGHT + 179


@pytest.mark.parametrize("seed", range(30))
def test_a_pet_goes_no_faster_than_pets_in_a_room_do(seed):
    path = walk(np.random.default_rng(seed), 200, 180)
    assert max(stretch.speed for stretch in path.stretches) <= 1.6 * 180


def test_a_pet_is_nowhere_before_it_comes_and_after_it_has_left():
    path = walk(np.random.default_rng(1), 200, 180)
    assert path.pose(-0.1) is None
    assert path.pose(path.seconds) is None


def test_a_pet_looks_where_it_goes():
    ways = set()
    for seed in range(10):
        path = walk(np.random.default_rng(seed), 200, 180)
        for stretch in path.stretches:
            if stretch.speed:
                way = 1 if stretch.goal[0] > stretch.start[0] else -1
                ways.add(way)
                assert path.pose((stretch.begin + stretch.end) / 2).faces == way
    assert ways == {1, -1}


def test_a_sleeper_lies_still_to_the_end():
    path = sleep(np.random.default_rng(2), 200, 180, 60.0)
    poses = [path.pose(path.seconds - 60.0 + n) for n in range(60)]
    assert {(pose.x, pose.y, pose.degrees, pose.speed) for pose in poses} == {(*path.stretches[-1].goal, 0.0, 0.0)}
    assert all(abs(pose.scale - 1) < 0.01 for pose in poses)  # it breathes
