"""What viewers are promised, tried against a real gunicorn on both databases."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress

import pytest

from tests.live.client import Client, Refused
from tests.live.conftest import ORIGIN, Site
from tests.services.processes import wait_until

pytestmark = pytest.mark.slow
FORBIDDEN = 0xF0
BIG = 0xB1


def test_a_viewer_gets_the_whole_fragment_and_then_every_change(site: Site) -> None:
    topic = site.set(1, 10)
    viewer = site.connect("7.member.de", topic)
    first = viewer.receive()
    assert first is not None
    assert first.startswith(
        f'<hx-partial hx-target="#{topic}" hx-swap="outerMorph"><b id="{topic}" data-live>10 '
    )
    site.set(1, 11)
    viewer.until(">11 ")
    site.set(1, 12)
    viewer.until(">12 ")


def test_each_viewer_reads_their_language_and_role(site: Site) -> None:
    topic = site.set(1, 5)
    german, english = site.connect("7.member.de", topic), site.connect("8.admin.en", topic)
    assert ">5 de member" in (german.receive() or "")
    assert ">5 en admin" in (english.receive() or "")
    site.set(1, 6)
    german.until(">6 de member")
    english.until(">6 en admin")


def test_topics_one_may_not_see_or_that_do_not_exist_stay_silent(site: Site) -> None:
    forbidden, open_ = site.set(FORBIDDEN, 1), site.set(1, 1)
    viewer = site.connect("7.member.de", forbidden, "toy-counter-zz-value", "x" * 40, f"#{open_}", open_)
    assert open_ in (viewer.receive() or "")
    site.set(FORBIDDEN, 2)
    site.set(1, 2)
    viewer.until(">2 ")
    with suppress(TimeoutError):  # news from before may come late
        while True:
            assert open_ in (viewer.receive(0.6) or "")


@pytest.mark.parametrize(
    "origin", ["", "http://evil.example", "http://127.0.0.1:8001", "null", "https://127.0.0.1:8000"]
)
def test_a_foreign_origin_is_refused_before_anything_else(site: Site, origin: str) -> None:
    with pytest.raises(Refused) as refusal:
        site.connect(origin=origin)
    assert refusal.value.status == 403


def test_on_this_machine_the_name_people_typed_counts(site: Site) -> None:
    site.connect(origin="http://localhost:8000", host="localhost").close()
    with pytest.raises(Refused):
        site.connect(origin="http://localhost:8000", host="127.0.0.1")


def test_who_is_not_signed_in_is_told_so(site: Site) -> None:
    visitor = site.connect("")
    visitor.subscribe(site.set(1, 1))
    assert visitor.ended() == 1008


def test_a_crowd_without_a_session_takes_no_room_from_viewers(site: Site) -> None:
    """They neither answer the close frame nor hang up; the process has 40 threads here."""
    crowd = []
    for _ in range(60):
        with suppress(OSError, Refused):  # those beyond the threads wait outside until there is room
            crowd.append(hold(site.port))
    try:
        topic = site.set(1, 1)
        site.connect("7.member.de", topic).until(">1 ", 20)
    finally:
        for one in crowd:
            one.close()


def hold(port: int) -> socket.socket:
    """A handshake without a cookie, and then nothing."""
    sock = socket.create_connection(("127.0.0.1", port), timeout=5)
    sock.sendall(
        f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {'x' * 22}==\r\nSec-WebSocket-Version: 13\r\nOrigin: {ORIGIN}\r\n\r\n".encode()
    )
    return sock


def test_plain_requests_and_other_paths_get_no_socket(site: Site) -> None:
    for path, status in (("/live", 426), ("/", 404), ("/server", 404)):
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(f"http://127.0.0.1:{site.port}{path}", timeout=5)
        assert refusal.value.code == status
        refusal.value.close()


def test_bursts_are_joined_and_the_last_value_arrives(site: Site) -> None:
    topic = site.set(1, 0)
    viewer = site.connect("7.member.de", topic)
    viewer.receive()
    began = time.monotonic()
    for value in range(1, 121):
        site.set(1, value)
    seen = []
    while not seen or ">120 " not in seen[-1]:
        seen.append(viewer.receive() or "")
    assert len(seen) <= 4 * (time.monotonic() - began) + 2


def test_new_lines_follow_the_snapshot_without_doubles_and_escaped(site: Site) -> None:
    topic = site.set(1, 20, tell=False, aspect="log")
    viewer = site.connect("7.member.de", topic)
    snapshot = viewer.receive() or ""
    assert 'hx-swap="outerMorph"' in snapshot
    assert "line 20" in snapshot
    site.publish(json.dumps({"topic": topic, "lines": ["line 19", "line 20", "<script>"], "position": 21}))
    news = viewer.receive() or ""
    assert news == f'<hx-partial hx-target="#{topic}" hx-swap="beforeend"><p>&lt;script&gt;</p></hx-partial>'


def test_a_reader_that_stops_reading_is_dropped_alone(site: Site) -> None:
    topic = site.set(BIG, 0)
    stuck = site.connect("9.member.de")
    stuck.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.subscribe(topic)
    good = [site.connect("7.member.de", topic) for _ in range(5)]
    slowest = 0.0
    for value in range(1, 25):
        site.set(BIG, value)
        asked = time.monotonic()
        for viewer in good:
            viewer.until(f">{value} ")
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.26)
    assert slowest < 1.0
    assert was_reset(stuck.sock)


def was_reset(sock: socket.socket) -> bool:
    """Whether the other side has cut the connection instead of closing it."""
    sock.settimeout(5)
    try:
        while sock.recv(1 << 20):
            pass
    except ConnectionResetError:
        return True
    return False


def test_odd_clients_end_alone(site: Site) -> None:
    topic = site.set(1, 1)
    huge, chatty, odd = site.connect(), site.connect(), site.connect("7.member.de", topic)
    huge.send("x" * 70_000)
    assert huge.ended() == 1009
    for _ in range(40):
        try:
            chatty.send("{}")
        except OSError:
            break
    assert chatty.ended() == 1013
    for text in ("no json", "[]", '{"subscribe": 5}', '{"subscribe": [1, null]}', '{"other": 1}'):
        odd.send(text)
    site.set(1, 2)
    odd.until(">2 ")


def test_an_ended_session_is_closed_and_changed_rights_come_back_anew(site: Site) -> None:
    topic = site.set(1, 1)
    stays, ended, removed, promoted = (site.connect(f"{n}.member.de", topic) for n in (70, 71, 72, 73))
    site.session(71, "ended")
    site.session(72, "removed")
    site.session(73, "promoted")
    assert [c.ended(30) for c in (ended, removed, promoted)] == [1008, 1008, 1012]
    site.set(1, 2)
    stays.until(">2 ")


def test_a_fragment_that_is_gone_says_nothing_and_may_return(site: Site) -> None:
    topic = site.set(1, 1)
    viewer = site.connect("7.member.de", topic.replace("0001", "0002"), topic)
    viewer.until(">1 ")
    site.set(2, 5)
    viewer.until(">5 ")


def test_after_a_restart_of_redis_everybody_sees_the_truth(site: Site) -> None:
    topic = site.set(1, 1)
    viewer = site.connect("7.member.de", topic)
    viewer.until(">1 ")
    site.redis_server.stop(sig=signal.SIGKILL)
    site.set(1, 2, tell=False)  # nobody can be told
    site.redis_server.start()
    viewer.until(">2 ", 10)
    site.set(1, 3)
    viewer.until(">3 ")


def test_a_restart_says_goodbye_and_all_who_return_see_the_truth(site: Site) -> None:
    topic = site.set(1, 1)
    viewers = [site.connect("7.member.de", topic) for _ in range(20)]
    for viewer in viewers:
        viewer.until(">1 ")
    assert site.process is not None
    began = time.monotonic()
    site.process.send_signal(signal.SIGTERM)
    assert {viewer.ended() for viewer in viewers} == {1012}
    site.process.wait(10)
    assert time.monotonic() - began < 5
    site.set(1, 2)
    site.start()
    for _ in range(20):
        again = site.connect("7.member.de", topic)
        assert ">2 " in (again.receive() or "")


def test_a_killed_process_loses_nobody(site: Site) -> None:
    topic = site.set(1, 1)
    viewer = site.connect("7.member.de", topic)
    viewer.until(">1 ")
    site.stop(signal.SIGKILL)
    assert viewer.ended() == 1006
    site.set(1, 9, tell=False)
    site.start()
    site.connect("7.member.de", topic).until(">9 ")


def test_leaving_viewers_leave_nothing_behind(site: Site) -> None:
    topic = site.set(1, 1)
    for _ in range(10):
        viewers = [Client(site.port, cookie="who=7.member.de", origin=ORIGIN) for _ in range(15)]
        for viewer in viewers:
            viewer.subscribe(topic)
        for viewer in viewers:
            viewer.until(">1 ")
            viewer.close()
    wait_until(lambda: site.connect("7.member.de", topic).until(">1 "), what="a free thread")
