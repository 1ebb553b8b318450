'use strict'
// Source RCON, the part that game panels use: log in, one command at a time, replies cut at 4,096 bytes.

const crypto = require('crypto')
const net = require('net')

const LOGIN = 3
const COMMAND = 2
const REPLY = 0
const LARGEST_REQUEST = 1460
const LARGEST_BODY = 4096

function packet (id, type, body) {
  const bytes = Buffer.alloc(14 + body.length)
  bytes.writeInt32LE(10 + body.length, 0)
  bytes.writeInt32LE(id, 4)
  bytes.writeInt32LE(type, 8)
  body.copy(bytes, 12)
  return bytes
}

function sameSecret (given, secret) {
  const digest = text => crypto.createHash('sha256').update(text).digest()
  return crypto.timingSafeEqual(digest(given), digest(secret))
}

// A socket that speaks RCON. `run(command)` resolves to the reply text.
function serve (socket, secret, run) {
  let waiting = Buffer.alloc(0)
  let signedIn = false
  let last = Promise.resolve()

  async function answer (id, type, body) {
    if (type === LOGIN) {
      signedIn = sameSecret(body, secret)
      socket.write(packet(signedIn ? id : -1, COMMAND, Buffer.alloc(0)))
      if (!signedIn) socket.end()
      return
    }
    if (!signedIn) return socket.end()
    const text = type === COMMAND ? await run(body) : `Unknown request ${type.toString(16)}`
    const bytes = Buffer.from(text)
    for (let at = 0; at === 0 || at < bytes.length; at += LARGEST_BODY) {
      socket.write(packet(id, REPLY, bytes.subarray(at, at + LARGEST_BODY)))
    }
  }

  socket.setNoDelay(true)
  socket.setTimeout(300_000, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    waiting = Buffer.concat([waiting, chunk])
    while (waiting.length >= 4) {
      const size = waiting.readInt32LE(0)
      if (size < 10 || size > LARGEST_REQUEST) return socket.destroy()
      if (waiting.length < size + 4) return
      const [id, type] = [waiting.readInt32LE(4), waiting.readInt32LE(8)]
      const body = waiting.toString('utf8', 12, size + 2)
      waiting = waiting.subarray(size + 4)
      last = last.then(() => answer(id, type, body)).catch(() => socket.destroy())
    }
  })
}

// Resolves when it can be reached, or has failed.
exports.listen = ({ host, port, secret, run, failed }) => new Promise(resolve => {
  const server = net.createServer(socket => serve(socket, secret, run))
  server.on('error', error => { failed(error); resolve() })
  server.listen(port, host, resolve)
  server.unref()
})
