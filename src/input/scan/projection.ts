/**
 * What a map wants of its records: a tree of property names. It is learnt while the map runs, from the properties it
 * reads; what is learnt counts from the next record on.
 */

import type { Reads } from '../../job/index.ts'

/** A map that wants more reads whole records, or its names are data: it is better served with plain ones. */
const edgesMax = 64
/** The kernel has 16 KiB for names. */
const nameBytesMax = 256
/** Records after which is asked whether projecting them has been worth it. */
const trialRecords = 64
/** The collector has this long to free what only seemed to be held. */
const crowdedChunksMax = 16

/** A wanted property. */
export interface Edge {
  readonly name: string
  readonly nameBytes: Buffer
  /** What is wanted below it, when it is an object. */
  readonly node: ProjectionNode
  /** Its place in the kernel's list. It stays the same while a record is at hand. */
  index: number
  /** An object that is used as a whole: it is decoded as one. */
  isWhole: boolean
}

/** A property that a map is known to read. */
export interface WantedEdge {
  readonly edge: Edge
  /** What it reads of an object that is its value, and does nothing else with that; null where it may do anything. */
  readonly within: readonly WantedEdge[] | null
}

/** Objects in one place of the records. */
export class ProjectionNode {
  readonly edges = new Map<string, Edge>()
  /** Names to be added before the next record. */
  readonly learnt = new Set<string>()
  /** Its place in the kernel's list, and that of its first edge. The kernel's node 0 is one that wants nothing. */
  number = 1
  firstEdge = 0
}

/** One for an input format in each thread that has loaded its job: what one split has taught it holds for the next. Once given up, it stays so. */
export class Projection {
  readonly root = new ProjectionNode()
  nodes: readonly ProjectionNode[] = [this.root]
  edges: readonly Edge[] = []
  /** Changes when nodes and edges do. */
  version = 0
  /** Projecting does not pay for this map. */
  isGivenUp = false
  #hasLearnt = false
  #crowdedChunks = 0
  #records = 0
  #wholeRecords = 0

  /** Says that the map has read a property that is not among the edges of `node`. */
  learn(node: ProjectionNode, name: string): void {
    node.learnt.add(name)
    this.#hasLearnt = true
  }

  /** Looks for what the map is known to read of its records, too; null where it had better have plain ones. */
  want(reads: Reads): readonly WantedEdge[] | null {
    const wanted = this.#want(this.root, reads)
    return this.isGivenUp ? null : wanted
  }

  #want(node: ProjectionNode, reads: Reads): WantedEdge[] {
    for (const name of reads.keys()) if (!node.edges.has(name)) this.learn(node, name)
    this.settle()
    return [...reads].flatMap(([name, within]) => {
      const edge = node.edges.get(name)
      if (edge === undefined) return []
      return { edge, within: within === null ? null : this.#want(edge.node, within) }
    })
  }

  /** Says that records had better be plain from now on. */
  giveUp(): void {
    this.isGivenUp = true
  }

  /** Says that a record had to be decoded as a whole after all. */
  countWhole(): void {
    this.#wholeRecords += 1
  }

  /** To be called with each chunk. `isCrowded`: so much is held that earlier ones must be. */
  nextChunk(isCrowded: boolean): void {
    this.#crowdedChunks = isCrowded ? this.#crowdedChunks + 1 : 0
    if (this.#crowdedChunks > crowdedChunksMax) this.giveUp()
  }

  /** What was learnt counts from now on. To be called between two records. */
  settle(): void {
    if (this.#hasLearnt) this.#grow()
  }

  /** To be called before each record. */
  nextRecord(): void {
    this.settle()
    this.#records += 1
    if (this.#wholeRecords > trialRecords && this.#wholeRecords * 4 > this.#records) this.giveUp()
  }

  #grow(): void {
    this.#hasLearnt = false
    for (const node of this.nodes) {
      for (const name of node.learnt) {
        if (!node.edges.has(name)) this.#add(node, name)
      }
      node.learnt.clear()
    }
    this.#number()
  }

  #add(node: ProjectionNode, name: string): void {
    const nameBytes = Buffer.from(name)
    // A lone surrogate has no UTF-8; it would be taken for U+FFFD.
    const isExact = nameBytes.length <= nameBytesMax && nameBytes.toString() === name
    if (!isExact || this.edges.length >= edgesMax) {
      this.giveUp()
      return
    }
    const edge = { name, nameBytes, node: new ProjectionNode(), index: 0, isWhole: false }
    node.edges.set(name, edge)
    this.edges = [...this.edges, edge]
  }

  /** Lays the tree out as the kernel wants it: the edges of a node stand together. */
  #number(): void {
    const nodes: ProjectionNode[] = [this.root]
    const edges: Edge[] = []
    for (const node of nodes) {
      node.firstEdge = edges.length
      for (const edge of node.edges.values()) {
        edge.index = edges.length
        edges.push(edge)
        edge.node.number = nodes.length + 1
        nodes.push(edge.node)
      }
    }
    this.nodes = nodes
    this.edges = edges
    this.version += 1
  }
}
