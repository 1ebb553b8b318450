'use strict'
// Players wait for starts, so a start does only what it must. What Node and protodef have compiled and looked up once is kept
// in a file for the next start; what a server never uses is not loaded; flat land is made once and copied.

const { createHash } = require('crypto')
const fs = require('fs')
const Module = require('module')
const path = require('path')
const v8 = require('v8')
const vm = require('vm')

const modules = path.join(__dirname, 'node_modules') + path.sep
const hash = text => createHash('sha256').update(text).digest('hex')

// --- what is kept -------------------------------------------------------------------------------------------

// In a folder of the server's own, or not at all. Packages change only together with the lock file.
const file = process.env.XDG_CACHE_HOME && path.join(process.env.XDG_CACHE_HOME, 'compiled')
const stamp = hash([process.version, process.arch, __dirname, process.env.GAME_VERSION,
  fs.readFileSync(path.join(__dirname, 'package-lock.json'))].join())
const kept = read()
const scripts = new Map()
let news = false

function read () {
  try {
    const [head, body] = split(fs.readFileSync(file))
    if (head === stamp + hash(body)) return v8.deserialize(body)
  } catch {} // there is none yet
  return { played: false, scripts: new Map(), paths: new Map(), codes: new Map() }
}

function split (bytes) {
  return [bytes.toString('latin1', 0, 128), bytes.subarray(128)]
}

// Written when the server ends: then everything that was used has been compiled. `played`: somebody was in the game.
function keep (played) {
  if (!file || !(news || (played && !kept.played))) return
  for (const [key, script] of scripts) kept.scripts.set(key, script.createCachedData())
  const body = v8.serialize({ ...kept, played: played || kept.played })
  fs.writeFileSync(file + '.part', stamp + hash(body))
  fs.appendFileSync(file + '.part', body)
  fs.renameSync(file + '.part', file)
}

function compiled (key, source, filename) {
  const cachedData = kept.scripts.get(key)
  const script = new vm.Script(source, { filename, cachedData })
  if (!cachedData || script.cachedDataRejected) news = true
  scripts.set(key, script)
  return script.runInThisContext()
}

// --- modules ------------------------------------------------------------------------------------------------

const compile = Module.prototype._compile
Module.prototype._compile = function (source, filename, ...rest) {
  // A script out of a file cannot import: those modules are compiled as ever.
  if (!filename.startsWith(modules) || source.includes('import(')) return compile.call(this, source, filename, ...rest)
  const require = id => this.require(id)
  require.resolve = (request, options) => Module._resolveFilename(request, this, false, options)
  require.main = process.mainModule
  require.cache = Module._cache
  require.extensions = Module._extensions
  const body = compiled(filename, Module.wrap(source), filename)
  return body.call(this.exports, this.exports, require, this, filename, path.dirname(filename))
}

const resolve = Module._resolveFilename
Module._resolveFilename = function (request, parent, isMain, options) {
  if (options || !parent?.filename?.startsWith(modules)) return resolve.call(this, request, parent, isMain, options)
  const key = path.dirname(parent.filename) + '\0' + request
  if (!kept.paths.has(key)) {
    kept.paths.set(key, resolve.call(this, request, parent, isMain))
    news = true
  }
  return kept.paths.get(key)
}

// --- packages -----------------------------------------------------------------------------------------------

const squid = Module.createRequire(require.resolve('flying-squid'))
const protocol = Module.createRequire(squid.resolve('minecraft-protocol'))

function instead (id, exports) {
  require.cache[id] = Object.assign(new Module(id), { filename: id, loaded: true, exports })
}

// Descriptions of packets come with the packages and were checked there.
class Trusting { addType () {} addTypes () {} validateType () {} validateProtocol () {} }
instead(Module.createRequire(protocol.resolve('protodef')).resolve('protodef-validator'), Trusting)

// The other half of the library: signing in to other people's servers.
instead(protocol.resolve('./createClient'), () => { throw new Error('this is a server') })

const { Compiler: { CompiledProtodef, ProtoDefCompiler } } = protocol('protodef')
const { PartialReadError } = protocol('protodef/src/utils')
const parts = ['sizeOf', 'write', 'read']

// Only what is used of a protocol is compiled: a server never writes what clients say.
ProtoDefCompiler.prototype.compileProtoDefSync = function () {
  const made = new CompiledProtodef()
  for (const part of parts) {
    const name = part + 'Ctx'
    const get = () => Object.defineProperty(made, name, { value: build(this[part + 'Compiler'], this.packets && part + this.packets) })[name]
    Object.defineProperty(made, name, { get, configurable: true })
  }
  return made
}

const { addProtocol } = ProtoDefCompiler.prototype
ProtoDefCompiler.prototype.addProtocol = function (description, path) {
  this.packets = path.join()
  return addProtocol.call(this, description, path)
}

function build (compiler, key) {
  compiler.indent = code => code // nobody reads it
  const code = kept.codes.get(key) ?? `(native, PartialReadError) => (${compiler.generate()})()`
  if (key) kept.codes.set(key, code)
  return compiled(key ?? hash(code), code, 'protodef.js')(compiler.native, PartialReadError)
}

// Compiles what players who join will need, a part at a time, so that others are answered in between.
async function prepare (version) {
  const { createSerializer, createDeserializer, states } = squid('minecraft-protocol')
  for (const state of [states.STATUS, states.LOGIN, states.CONFIGURATION, states.PLAY]) {
    await new Promise(setImmediate)
    const { proto: say } = createSerializer({ state, version, isServer: true })
    const { proto: hear } = createDeserializer({ state, version, isServer: true })
    for (const use of [() => say.sizeOfCtx, () => say.writeCtx, () => hear.readCtx]) {
      await new Promise(setImmediate)
      use()
    }
  }
}

// --- flat land ----------------------------------------------------------------------------------------------

function copy (value, shared) {
  if (value === shared || value === null || typeof value !== 'object') return value
  if (ArrayBuffer.isView(value)) return value.constructor.from(value)
  if (Array.isArray(value)) return value.map(part => copy(part, shared))
  const made = Object.create(Object.getPrototypeOf(value))
  for (const key of Object.keys(value)) made[key] = copy(value[key], shared)
  return made
}

const generations = squid('./src/lib/generations')
const superflat = generations.superflat
generations.superflat = options => {
  const make = superflat(options)
  let first
  return () => copy(first ??= make(), options.registry)
}

module.exports = { keep, prepare }
