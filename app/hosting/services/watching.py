"""One look of the watch at everything that runs: consoles, ends, answers, readings. `jobs/watch.py` keeps calling these.

Nothing here decides about a server's state: whatever looks wrong is handed to `reconcile`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from uuid import UUID

import structlog

from app.hosting.gateways.ping import Pong
from app.hosting.gateways.runtime import RuntimeFault, RuntimeUnavailable, Sample
from app.hosting.gateways.runtime import State as Existing
from app.hosting.rules.console import Kind, happening, read_tps
from app.hosting.rules.idle import UNSEEN
from app.hosting.rules.sampling import Counters, Reading, reading
from app.hosting.rules.server import State
from app.hosting.services import console, life, sample, vitals
from app.hosting.services.games import Game
from app.hosting.services.monitoring_sink import Sink
from app.hosting.services.place import note_away, ping_all, runtime_named
from app.kit import cache, clock, live, observe

log = structlog.get_logger(__name__)
MOST_CHUNKS = 20
"""Chunks of one console read in one look: a flooding game does not starve the others."""
TPS_VALID_SECONDS = 75.0

SWEEP = observe.histogram(
    "kontor_sweep_duration_seconds", "How long one look at all running servers took.", ("what",)
)
LINES = observe.counter("kontor_console_lines_total", "Console lines read from games.")

Games = dict[UUID, Game]


def read_consoles(games: Games) -> None:
    """Publish what the games wrote since the last look, and notice what it means."""
    for game in games.values():
        try:
            _read_console(game)
        except (RuntimeUnavailable, RuntimeFault, *cache.REDIS_DOWN):
            continue  # the log file keeps the lines until somebody can take them


def _read_console(game: Game) -> None:
    if not game.positioned:
        game.position, game.positioned = console.last_position(game.server_id), True
    runtime = runtime_named(game.runtime)
    for _ in range(MOST_CHUNKS):
        chunk = runtime.console_tail(game.server_id, game.position)
        if not chunk.lines and chunk.position == (game.position or ""):
            return
        lines = list(chunk.lines)
        if chunk.skipped_bytes:
            lines.append(f"… {chunk.skipped_bytes} B …")
        if not console.publish(game.server_id, lines, chunk.position):
            return
        LINES.inc(len(lines))
        game.position = chunk.position
        _understand(game, chunk.lines)
        if not chunk.more:
            return


def _understand(game: Game, lines: Iterable[str]) -> None:
    for line in lines:
        found = happening(game.template.patterns, line)
        if found is None:
            continue
        if found.kind is Kind.READY:
            game.ready_line_at = clock.now()
        elif found.kind in (Kind.JOIN, Kind.LEAVE):
            game.asks = True


def find_ready(games: Games) -> list[UUID]:
    """Games that start: those that said so and answer a ping run from now on."""
    waiting = {
        game.server_id: game
        for game in games.values()
        if game.state is State.STARTING and game.started and game.said_ready
    }
    answers = ask({key: game for key, game in waiting.items() if game.template.ready.ping}, 0.5)
    found = []
    for server_id, game in waiting.items():
        answered = not game.template.ready.ping or answers.get(server_id) is not None
        if answered and life.record_ready(server_id, game.run_id):
            game.state, game.asks = State.RUNNING, True
            found.append(server_id)
    return found


def ask(games: Games, seconds: float) -> dict[UUID, Pong | None]:
    """Ping the games whose address is known."""
    addresses = {key: game.address for key, game in games.items() if game.address is not None}
    return dict(ping_all(addresses, seconds)) if addresses else {}


def count_players(games: Games) -> None:
    """Ask the games in which somebody joined or left."""
    asked = {key: game for key, game in games.items() if game.asks and game.state is State.RUNNING}
    if asked:
        note(asked, ask(asked, 0.5))


def note(games: Games, answers: dict[UUID, Pong | None]) -> None:
    """Keep how many play where a game answered, and that nobody can tell where it did not."""
    now = clock.now()
    unseen = {key for key in answers if (at := games[key].counted_at) is None or now - at > UNSEEN}
    vitals.note_answers(answers, {key: games[key].run_id for key in answers}, unseen)
    for key, pong in answers.items():
        game = games[key]
        game.asks = False
        game.online = pong.players_online if pong is not None else None
        game.counted_at = now if pong is not None else game.counted_at


def find_ended(games: Games) -> set[UUID]:
    """Servers whose runtime says something else than their row: somebody has to reconcile them."""
    odd: set[UUID] = set()
    for name in {game.runtime for game in games.values()}:
        own = {key: game for key, game in games.items() if game.runtime == name}
        try:
            answers = runtime_named(name).inspect_many(tuple(own))
        except (RuntimeUnavailable, RuntimeFault):
            note_away(name)
            _lose_sight(own)
            continue
        for key, observed in answers.items():
            game = own[key]
            ours = observed.run_id == game.run_id
            game.address = observed.address if ours else None
            if observed.state is Existing.UNKNOWN or game.state is State.DELETING:
                continue
            gone = not (ours and observed.state is Existing.RUNNING)
            unwritten = ours and observed.state is not Existing.ABSENT and not game.started
            if (game.started and gone) or unwritten:
                odd.add(key)
    return odd


def _lose_sight(games: Games) -> None:
    """The way to a game may go through its engine, so silence while the engine is away is no hang."""
    for game in games.values():
        game.address = None
    vitals.forget_silence(tuple(games))


# --- every ten seconds --------------------------------------------------------------------------------------


def measure(games: Games, at: int, sink: Sink | None = None) -> int:
    """Read and keep what every running game uses; `at` is the Unix time the ten seconds began. Returns how many."""
    with SWEEP.labels("sample").time():
        readings: dict[UUID, Reading] = {}
        disks: dict[UUID, int] = {}
        answers = _answers(games)
        for name in {game.runtime for game in games.values()}:
            own = [key for key, game in games.items() if game.runtime == name and game.started]
            try:
                samples = runtime_named(name).sample(own)
            except (RuntimeUnavailable, RuntimeFault):
                continue
            for key, found in samples.items():
                readings[key] = _reading(games[key], found, answers.get(key))
                if found.disk_bytes is not None:
                    disks[key] = found.disk_bytes
        if sink is not None:
            sink.take(games, readings, at)
        sample.keep(readings, at)
        vitals.note_disks(disks)
    for key in readings:
        live.changed("hosting-server", key, "metrics", "cost", "monitoring")
    return len(readings)


def _answers(games: Games) -> dict[UUID, Pong | None]:
    running = {
        key: game for key, game in games.items() if game.state is State.RUNNING and game.template.ready.ping
    }
    with SWEEP.labels("ping").time():
        answers = ask(running, 2.0)
    note(running, answers)
    return answers


def _reading(game: Game, found: Sample, pong: Pong | None) -> Reading:
    now = time.monotonic()
    counters = Counters(
        found.memory_bytes,
        found.cpu_seconds_total,
        found.disk_bytes,
        found.network_received_bytes_total,
        found.network_sent_bytes_total,
    )
    tps = (
        game.tps
        if now - game.tps_at < TPS_VALID_SECONDS and pong is not None and pong.players_online
        else None
    )
    made = reading(
        game.before, counters, now - game.read_at, players=pong.players_online if pong else None, tps=tps
    )
    game.before, game.read_at = counters, now
    return made


def ask_tps(games: Games) -> None:
    """Ticks per second of the games in which somebody plays, over RCON. An empty game is not asked."""
    for game in list(games.values()):
        tps = game.template.tps
        if (
            game.state is not State.RUNNING
            or not game.online
            or not game.template.rcon
            or tps.command is None
        ):
            continue
        try:
            reply = runtime_named(game.runtime).send_command(game.server_id, tps.command)
        except (RuntimeUnavailable, RuntimeFault):
            continue
        found = read_tps(tps, reply, game.online) if reply else None
        if found is not None:
            game.tps, game.tps_at = found, time.monotonic()
