"""The copy of the routes: what is read, what is kept, what is believed."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis.asyncio import Redis

from app.hosting.gateways.router.limits import Places, Rate
from app.hosting.gateways.router.table import Feed, Table
from app.hosting.rules.route import ROUTES, VERSION, Doing, read_route
from tests.hosting.router.door import Board

ROUTE = {"server": "a", "state": "running", "host": "10.0.0.1", "port": 25601}


def test_thousands_of_routes_are_read_completely(redis_url: str) -> None:
    board = Board(redis_url)
    board.clear()
    many = {f"s{n}.play.localhost": json.dumps(ROUTE | {"server": str(n)}) for n in range(3000)}
    board.redis.hset(ROUTES, mapping=many)
    board.redis.set(VERSION, 1)

    async def read() -> tuple[Table, Table]:
        redis = Redis.from_url(redis_url)
        table, same = Table(), Table()
        await Feed(redis, table, 30).read()
        before = table.find("s7.play.localhost")
        await Feed(redis, table, 30).read()
        assert table.find("s7.play.localhost") is before, "what has not changed is not parsed again"
        await redis.aclose()
        return table, same

    with ThreadPoolExecutor(1) as alone:  # a browser of other tests may keep a loop in this thread
        table, _ = alone.submit(lambda: asyncio.run(read())).result()
    assert len(table) == 3000
    assert all((found := table.find(host)) and host == f"s{found.server}.play.localhost" for host in many)
    board.clear()


@pytest.mark.parametrize(
    "raw",
    [
        "", "[]", "{}", "null", json.dumps(ROUTE | {"state": "dancing"}), json.dumps(ROUTE | {"port": 70000}),
        json.dumps(ROUTE | {"port": None}), json.dumps(ROUTE | {"allow": "Alex"}), json.dumps(ROUTE | {"server": ""}),
    ],
)  # fmt: skip
def test_a_route_that_leads_nowhere_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        read_route(raw)


def test_what_a_route_may_leave_out() -> None:
    route = read_route(json.dumps({"server": "a", "state": "asleep"}))
    assert (route.doing, route.wakes, route.allow, route.proxy) == (Doing.ASLEEP, True, None, None)
    assert route.admits("Anybody")
    assert not read_route(json.dumps({"server": "a", "state": "asleep", "allow": []})).admits("Anybody")


def test_so_many_a_minute() -> None:
    rate = Rate(2, largest=3)
    assert [rate.take("a", at) for at in (0, 1, 2, 59.9, 60.1, 61.1, 61.2)] == [
        True, True, False, False, True, True, False,
    ]  # fmt: skip
    for key in "bcde":
        rate.take(key, 62)
    assert len(rate._seen) == 3


def test_places_come_back() -> None:
    places = Places(3, 2)
    assert [places.take(key) for key in "aaabc"] == ["", "", "address", "", "full"]
    places.leave("a")
    assert [places.take(key) for key in "aa"] == ["", "full"]
    assert (places.all, len(places._of)) == (3, 2)
