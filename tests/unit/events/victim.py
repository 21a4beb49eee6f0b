"""A board that notices pets faster than time passes, until it is killed. What has happened goes to a file.

``python -m tests.unit.events.victim DIRECTORY LOG BOOT NOW SEED``. A line of it for each second: ``[now, {id: [first
box, last box, over]}]``.
"""

import json
import random
import sys
from pathlib import Path

from tests.unit.events.stand_ins import Board, Change, Visit, ns

GAP = 30.0


def main(directory, log, boot, now, seed):
    chance = random.Random(seed)
    board = Board(Path(directory), now=float(now), boot=boot)
    visits = {}
    for number, event in enumerate(board.store.resumed, 1):
        visit = Visit(number, event.class_name, event.begin_ns / 1e9, event.end_ns / 1e9)
        board.store.resume(event, visit)
        visits[event.class_name] = visit, event.id, True
    numbers = iter(range(100, 10**9))
    with open(log, "a") as file:
        while True:
            happened = {}
            for name in ("cat", "dog", "person"):
                step(board, visits, name, chance, numbers, happened)
            board.pass_time(1)
            print(json.dumps([board.now, happened]), file=file, flush=True)


def step(board, visits, name, chance, numbers, happened):
    """A second of one kind of pet: it may come, stay, leave, and be gone for ``GAP``."""
    if name not in visits:
        if chance.random() < 0.004:
            visit = Visit(next(numbers), name, board.now, board.now)
            id_ = board.store.take(Change("begin", visit), ns(board.now))
            visits[name] = visit, id_, True
            happened[id_] = [visit.begin, visit.end, False]
        return
    visit, id_, is_there = visits[name]
    if is_there:
        visit.end = board.now
    elif board.now - visit.end > GAP:
        board.store.take(Change("end", visit), ns(board.now))
        del visits[name]
        happened[id_] = [visit.begin, visit.end, True]
        return
    visits[name] = visit, id_, chance.random() > 0.005 if is_there else chance.random() < 0.01
    happened[id_] = [visit.begin, visit.end, False]


if __name__ == "__main__":
    main(*sys.argv[1:])
