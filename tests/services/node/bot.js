// A Minecraft client driven by lines of JSON: events go out, {"say": "…"} comes in.
// usage: node bot.js HOST PORT NAME [VERSION [TYPED]]; TYPED is the host name it says it was told
'use strict'
const mineflayer = require('mineflayer')
const readline = require('readline')

const [host, port, username, version, fakeHost] = process.argv.slice(2)
const tell = (event, rest = {}) => process.stdout.write(JSON.stringify({ event, ...rest }) + '\n')

const bot = mineflayer.createBot({ host, port: Number(port), username, version: version || false, fakeHost, auth: 'offline' })
bot.once('spawn', () => tell('joined', { name: bot.username, version: bot.version }))
bot.on('messagestr', (text) => tell('chat', { text }))
bot.on('kicked', (reason) => tell('kicked', { reason: JSON.stringify(reason) }))
bot.on('error', (error) => tell('error', { text: String(error) }))
bot.on('end', (reason) => { tell('left', { reason }); process.exit(0) })

readline.createInterface({ input: process.stdin }).on('line', (line) => bot.chat(JSON.parse(line).say))
process.on('SIGTERM', () => { bot.quit(); setTimeout(() => process.exit(0), 500) })
