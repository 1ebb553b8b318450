'use strict'
// Flying Squid behind the manners of a vanilla server: the same log lines, `list`, `tps`, `stop`, RCON, and a saved
// world on SIGTERM. Everything it may be told comes from the environment (see ../flying-squid.toml).

const fs = require('fs')
const path = require('path')
const readline = require('readline')
const { Writable } = require('stream')

const began = process.hrtime.bigint()
const env = process.env
const slots = Number(env.MAX_PLAYERS || 20)
const operators = new Set((env.OPERATORS || '').split(',').map(name => name.trim().toLowerCase()).filter(Boolean))

process.env.FORCE_COLOR = '0'

// One of its parts ends the process on signals before the world is saved; only our own handlers may.
const once = process.once
process.once = (event, handler) => ['SIGINT', 'SIGTERM', 'exit'].includes(event) ? process : once.call(process, event, handler)

// Flying Squid prompts on standard output; a log is no terminal.
const createInterface = readline.createInterface
readline.createInterface = options =>
  createInterface({ input: options.input, output: new Writable({ write: (_chunk, _encoding, done) => done() }) })

const quick = require('./quick')

// On a busy machine a start may take longer than the five seconds that are allowed there.
const utils = require('flying-squid/src/lib/utils')
const onceWithTimeout = utils.onceWithTimeout
utils.onceWithTimeout = (emitter, event, milliseconds, ...rest) =>
  onceWithTimeout(emitter, event, Math.max(milliseconds, 120_000), ...rest)

const { createMCServer, UserError } = require('flying-squid')
const rcon = require('./rcon')
const map = require('./map')
const { keepWhole } = require('./world')

function log (level, text) {
  const time = new Date().toTimeString().slice(0, 8)
  for (const line of String(text).replaceAll(__dirname, '.').split('\n')) {
    fs.writeSync(1, `[${time}] [Server thread/${level}]: ${line}\n`)
  }
}

// One bad client must not end the game for all; an endless stream of errors is a real crash.
let troubles = []
function trouble (error) {
  const now = Date.now()
  troubles = troubles.filter(at => now - at < 10_000).concat(now)
  log('ERROR', error?.stack || error)
  if (serv?.isReady && troubles.length <= 20) return
  log('ERROR', '---- Minecraft Crash Report ----')
  process.exit(1)
}
process.on('uncaughtException', trouble)
process.on('unhandledRejection', trouble)

const serv = createMCServer({
  motd: env.MOTD || 'Flying Squid',
  host: env.GAME_HOST || '0.0.0.0',
  port: Number(env.GAME_PORT || 25565),
  'max-players': slots,
  'online-mode': env.ONLINE_MODE === 'true',
  logging: false,
  noConsoleOutput: true,
  debug: () => {}, // any function: keeps Flying Squid from installing its own exit on errors, with code 0
  gameMode: env.GAME_MODE === 'survival' ? 0 : 1,
  difficulty: Math.max(0, ['peaceful', 'easy', 'normal', 'hard'].indexOf(env.DIFFICULTY || 'easy')),
  worldFolder: path.resolve(env.WORLD_FOLDER || 'world'),
  generation: { name: env.WORLD_TYPE || 'superflat', options: env.WORLD_TYPE === 'diamond_square' ? { worldHeight: 80 } : {} },
  kickTimeout: 10_000,
  plugins: {},
  modpe: false,
  'view-distance': Number(env.VIEW_DISTANCE || 4),
  'player-list-text': { header: { text: env.MOTD || 'Flying Squid' }, footer: { text: '' } },
  'everybody-op': false,
  'max-entities': 100,
  version: env.GAME_VERSION || '1.21.4'
})

const dull = / connected$| disconnected$|^Position written| issued command: |^Server listening on /
serv.info = text => { if (!dull.test(text)) log('INFO', text) }
serv.warn = text => log('WARN', text)
serv.err = text => log('ERROR', text)
serv.log = text => log('INFO', text)

// Ticks per second of the last 15 minutes, one number a second.
const ticks = []
let counted = 0
serv.on('tick', () => { counted++ })
function countTicks () {
  counted = 0
  setInterval(() => { ticks.push(counted); counted = 0; if (ticks.length > 900) ticks.shift() }, 1000).unref()
}

function tps (seconds) {
  const part = ticks.slice(-seconds)
  const mean = part.length ? part.reduce((sum, n) => sum + n, 0) / part.length : 20
  const colour = mean > 18 ? '§a' : mean > 16 ? '§e' : '§c'
  return colour + (mean > 20 ? '*' : '') + Math.min(20, mean).toFixed(1)
}

let worldLocked = false
async function save () {
  await Promise.all(serv.players.map(player => player.save()))
  while (serv.overworld.savingQueue.size) await serv.overworld.saveNow()
  await serv.overworld.finishedSaving
}

const commands = {
  list: () => `There are ${serv.players.length} of a max of ${slots} players online: ` +
    serv.players.map(player => player.username).join(', '),
  tps: () => `§6TPS from last 1m, 5m, 15m: ${tps(60)}, ${tps(300)}, ${tps(900)}`,
  'save-off': () => { if (!worldLocked) serv.overworld.stopSaving(); worldLocked = true; return 'Automatic saving is now disabled' },
  'save-on': () => { if (worldLocked) serv.overworld.startSaving(); worldLocked = false; return 'Automatic saving is now enabled' },
  'save-all': async () => { await save(); log('INFO', 'Saved the game'); return 'Saved the game' },
  stop: () => { setTimeout(stop, 50); return 'Stopping the server' }
}

async function run (text) {
  const line = text.trim().replace(/^\//, '')
  const own = commands[line.split(' ')[0]]
  if (own) return { reply: await own(), logged: line === 'stop' }
  const said = []
  const info = serv.info
  serv.info = text => { said.push(text); info(text) }
  try {
    const reply = await serv.commands.use(line)
    return { reply: reply || said.join('\n'), logged: !reply }
  } catch (error) {
    return { reply: error instanceof UserError || error.userError ? error.message : `Error: ${error.message}`, logged: false }
  } finally {
    serv.info = info
  }
}
serv.handleCommand = async text => {
  if (!text.trim()) return
  const { reply, logged } = await run(text)
  if (reply && !logged) log('INFO', reply)
}

let played = false
serv.on('newPlayer', player => {
  const handleCommand = player.handleCommand
  player.handleCommand = text => {
    log('INFO', `${player.username} issued server command: /${text}`)
    return handleCommand(text)
  }
  player.on('connected', () => {
    player.op = operators.has(player.username.toLowerCase())
    log('INFO', `${player.username} joined the game`)
    played = true
    if (serv.players.length > slots) player.kick('The server is full!')
  })
  player.on('disconnected', () => log('INFO', `${player.username} left the game`))
})

let stopping = false
async function stop () {
  if (stopping) return
  stopping = true
  log('INFO', 'Stopping the server')
  setTimeout(() => { log('WARN', 'The world was not saved in time'); process.exit(1) }, 15_000)
  for (const player of [...serv.players]) player.kick('Server closed')
  const until = Date.now() + 2000
  while (serv.players.length && Date.now() < until) await new Promise(resolve => setTimeout(resolve, 20))
  await save()
  log('INFO', 'Saved the game')
  try { quick.keep(played) } catch (error) { log('WARN', `The next start is a slow one: ${error.message}`) }
  process.exit(0)
}

serv.on('ready', async () => {
  keepWhole(serv.overworld, name => serv._worldChunksUsed[name] > 0)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, stop)
  if (env.RCON_SECRET_FILE && env.RCON_PORT) {
    await rcon.listen({
      host: env.RCON_HOST || '127.0.0.1',
      port: Number(env.RCON_PORT),
      secret: fs.readFileSync(env.RCON_SECRET_FILE, 'utf8').trim(),
      run: async text => (await run(text)).reply,
      failed: error => log('WARN', `RCON is off: ${error.message}`)
    })
  }
  if (env.MAP_PORT) {
    map.listen({
      host: env.MAP_HOST || '127.0.0.1',
      port: Number(env.MAP_PORT),
      title: env.MOTD || 'Flying Squid',
      players: () => serv.players,
      failed: error => log('WARN', `The web map is off: ${error.message}`)
    })
  }
  countTicks()
  log('INFO', `Starting minecraft server version ${env.GAME_VERSION || '1.21.4'} on port ${serv.listeningPort}`)
  const seconds = Number(process.hrtime.bigint() - began) / 1e9
  log('INFO', `Done (${seconds.toFixed(3)}s)! For help, type "help"`)
  quick.prepare(env.GAME_VERSION || '1.21.4')
})
