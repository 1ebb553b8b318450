// A Minecraft client driven by lines of JSON: events go out, {"say": "…"} and {"block": [x, y, z]} come in.
// usage: node bot.js [HOST PORT NAME [VERSION [TYPED]]]; TYPED is the host name it says it was told.
// Without arguments it stays open between games, as people's clients do: {"join": [HOST, …]} and {"leave": true} come in, too.
'use strict'
const mineflayer = require('mineflayer')
const readline = require('readline')
const { Vec3 } = require('vec3')

const tell = (event, rest = {}) => process.stdout.write(JSON.stringify({ event, ...rest }) + '\n')
const once = process.argv.slice(2)
let bot

function join ([host, port, username, version, fakeHost]) {
  bot = mineflayer.createBot({ host, port: Number(port), username, version: version || false, fakeHost, auth: 'offline' })
  bot._client.on('connect', () => tell('connected'))
  bot.once('login', () => tell('login'))
  bot.once('spawn', () => tell('joined', { name: bot.username, version: bot.version }))
  bot.on('messagestr', (text) => tell('chat', { text }))
  bot.on('kicked', (reason) => tell('kicked', { reason: JSON.stringify(reason) }))
  bot.on('error', (error) => tell('error', { text: String(error) }))
  bot.on('end', (reason) => { tell('left', { reason }); if (once.length) process.exit(0) })
}
if (once.length) join(once)

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const told = JSON.parse(line)
  if (told.join) return join(told.join)
  if (told.leave) return bot.quit()
  if (told.say) return bot.chat(told.say)
  await bot.waitForChunksToLoad().catch(() => {}) // then the answer says so
  tell('block', { name: bot.blockAt(new Vec3(...told.block))?.name ?? 'not loaded' })
})
process.on('SIGTERM', () => { bot?.quit(); setTimeout(() => process.exit(0), 500) })
