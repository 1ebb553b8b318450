'use strict'
// A small web map: who plays where, seen from above. For the proxy in front of it; it answers reading only.

const http = require('http')

const SHOWN = 256 // blocks from the middle to each edge, at least
const REFRESH_SECONDS = 10
const STYLE = 'html{color-scheme:light dark;font:16px system-ui,sans-serif}body{margin:1rem auto;max-width:48rem;padding:0 1rem}' +
  'svg{width:100%;border:1px solid #888;border-radius:8px;background:#7aa35a22}text{font-size:14px;fill:currentColor}'

const escape = text => String(text).replace(/[&<>"']/g, one => `&#${one.charCodeAt(0)};`)

function picture (players) {
  const reach = Math.max(SHOWN, ...players.map(one => Math.max(Math.abs(one.x), Math.abs(one.z)) + 16))
  const place = block => Math.round((block / reach + 1) * 400)
  const dots = players.map(one => `<g><circle cx="${place(one.x)}" cy="${place(one.z)}" r="7" fill="#c2410c"/>` +
    `<text x="${place(one.x) + 11}" y="${place(one.z) + 5}">${escape(one.name)}</text></g>`)
  return `<svg viewBox="0 0 800 800" role="img" aria-label="${players.length}">` +
    '<path d="M400 0V800M0 400H800" stroke="#888" stroke-dasharray="4 6"/>' + dots.join('') + '</svg>'
}

function page (title, players) {
  const rows = players.map(one => `<li>${escape(one.name)}: ${one.x} / ${one.y} / ${one.z}</li>`)
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="refresh" content="${REFRESH_SECONDS}">` +
    `<meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head>` +
    `<body><h1>${escape(title)}</h1>${picture(players)}<ul>${rows.join('')}</ul></body></html>`
}

// Answers at host:port. `players()` gives the game's players; a port that cannot be had does not end the game.
exports.listen = ({ host, port, title, players, failed }) => {
  const now = () => players().filter(one => one.position).map(({ username, position }) => ({
    name: username, x: Math.round(position.x), y: Math.round(position.y), z: Math.round(position.z)
  }))
  const server = http.createServer((request, response) => {
    const json = request.url === '/players.json'
    if (!['GET', 'HEAD'].includes(request.method)) return response.writeHead(405, { Allow: 'GET, HEAD' }).end()
    if (!json && request.url !== '/') return response.writeHead(404).end()
    response.writeHead(200, {
      'Content-Type': json ? 'application/json' : 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store'
    })
    response.end(json ? JSON.stringify(now()) : page(title, now()))
  })
  server.headersTimeout = 5000
  server.requestTimeout = 5000
  server.maxConnections = 64
  server.on('error', failed)
  server.listen(port, host)
  server.unref()
}
