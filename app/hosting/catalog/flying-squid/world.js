'use strict'
// The world library forgets changes in some moments; here it does not. A chunk is in memory once, and stays there for as
// long as what is on the disk is older than it.

const nameOf = (x, z) => `${x},${z}`

// `isUsed(name)`: whether somebody is near that chunk.
exports.keepWhole = (world, isUsed = () => false) => {
  const { getColumn, unloadColumn } = world
  const loading = new Map()
  const writing = new Map()

  // Two who ask for a chunk at once would each read it, and the second replace what the first has already changed.
  world.getColumn = function (x, z) {
    const name = nameOf(x, z)
    if (!loading.has(name)) {
      loading.set(name, getColumn.call(this, x, z).finally(() => loading.delete(name)))
    }
    return loading.get(name)
  }

  // Whoever asks for a chunk that is still being written would be given an older one from the disk, or, where it has never
  // been written, new land, which then is written over what was built.
  world.unloadColumn = function (x, z) {
    const name = nameOf(x, z)
    if (writing.has(name)) this.unloadQueue.set(name, { chunkX: x, chunkZ: z })
    else unloadColumn.call(this, x, z)
  }

  // The library empties its queue of changed chunks after it has written them, and so forgets what was changed while it
  // wrote. Emptied before, such a chunk is written once more.
  world.saveNow = async function () {
    const due = [...this.savingQueue]
    this.savingQueue.clear()
    for (const [name, { chunkX, chunkZ }] of due) {
      const column = this.columns[name]
      if (!column) continue
      const written = this.storageProvider.save(chunkX, chunkZ, column)
        .finally(() => { if (writing.get(name) === written) writing.delete(name) })
      writing.set(name, written)
      this.finishedSaving = Promise.all([this.finishedSaving, written])
    }
    await this.finishedSaving
    for (const [name, { chunkX, chunkZ }] of [...this.unloadQueue]) {
      if (this.savingQueue.has(name) || writing.has(name)) continue
      if (isUsed(name)) this.unloadQueue.delete(name) // somebody came back
      else this.forceUnloadColumn(name, chunkX, chunkZ)
    }
    this.emit('doneSaving')
  }
}
