import { describe, expect, test } from 'vitest'
import { Projection } from './projection.ts'

function names(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `name${number}`)
}

/** As a list of paths, in the order in which the kernel looks for them. */
function pathsOf({ nodes }: Projection): string[] {
  const parents = new Map<unknown, string>([[nodes[0], '']])
  return nodes.flatMap((node) =>
    [...node.edges.values()].map((edge) => {
      const path = `${parents.get(node)}/${edge.name}`
      parents.set(edge.node, path)
      return path
    }),
  )
}

describe('a projection', () => {
  test('wants what was read, from the next record on', () => {
    const projection = new Projection()
    expect([projection.version, projection.isGivenUp, pathsOf(projection)]).toEqual([0, false, []])
    projection.nextRecord()
    expect(projection.version).toBe(0)
    projection.learn(projection.root, 'a')
    projection.learn(projection.root, 'b')
    expect(pathsOf(projection)).toEqual([])
    projection.nextRecord()
    expect([projection.version, pathsOf(projection)]).toEqual([1, ['/a', '/b']])
    const a = projection.root.edges.get('a')
    projection.learn(a?.node ?? projection.root, 'c')
    projection.learn(projection.root, 'a')
    projection.settle()
    expect([projection.version, pathsOf(projection)]).toEqual([2, ['/a', '/b', '/a/c']])
    // Those that are known stay the same ones.
    expect(projection.root.edges.get('a')).toBe(a)
    expect(projection.edges.map(({ index, nameBytes }) => `${index} ${nameBytes}`)).toEqual([
      '0 a',
      '1 b',
      '2 c',
    ])
    expect(projection.nodes.map(({ number, firstEdge }) => [number, firstEdge])).toEqual([
      [1, 0],
      [2, 2],
      [3, 3],
      [4, 3],
    ])
    expect(projection.edges.every(({ isWhole }) => !isWhole)).toBe(true)
    projection.settle()
    expect(projection.version).toBe(2)
  })

  test('wants what a map is known to read, and says where that is', () => {
    const projection = new Projection()
    const within = new Map([['d', null]])
    const wanted = projection.want(
      new Map([
        ['a', null],
        ['b', within],
      ]),
    )
    expect(pathsOf(projection)).toEqual(['/a', '/b', '/b/d'])
    expect(wanted?.map(({ edge, within }) => [edge, within?.map(({ edge }) => edge)])).toEqual([
      [projection.edges[0], undefined],
      [projection.edges[1], [projection.edges[2]]],
    ])
    const { version } = projection
    projection.want(new Map([['a', null]]))
    expect(projection.version).toBe(version)
  })

  test.each([
    ['64 names', names(64), false],
    ['65 names', names(65), true],
    ['a name of 256 bytes', ['é'.repeat(128)], false],
    ['a longer one', [`${'é'.repeat(128)}a`], true],
    ['a name that is no text', ['a\ud800'], true],
    ['one that is', ['a\u{1f600}'], false],
  ])('of %s', (_, wanted, isGivenUp) => {
    const projection = new Projection()
    const edges = projection.want(new Map(wanted.map((name) => [name, null])))
    expect(projection.isGivenUp).toBe(isGivenUp)
    if (isGivenUp) expect(edges).toBeNull()
    else expect(edges?.map(({ edge }) => edge.name)).toEqual(wanted)
  })

  test('is given up where more than a quarter of the records are used as wholes, once there were more than 64', () => {
    const projection = new Projection()
    for (let count = 0; count < 64; count++) {
      projection.nextRecord()
      projection.countWhole()
    }
    projection.nextRecord()
    expect(projection.isGivenUp).toBe(false)
    projection.countWhole()
    projection.nextRecord()
    expect(projection.isGivenUp).toBe(true)

    const quarter = new Projection()
    for (let count = 0; count < 4000; count++) {
      quarter.nextRecord()
      if (count % 4 === 3) quarter.countWhole()
    }
    quarter.nextRecord()
    expect(quarter.isGivenUp).toBe(false)
    for (let count = 0; count < 10; count++) quarter.countWhole()
    quarter.nextRecord()
    expect(quarter.isGivenUp).toBe(true)
  })

  test('is given up where chunks are held for 17 chunks in a row', () => {
    const projection = new Projection()
    for (let count = 0; count < 16; count++) projection.nextChunk(true)
    projection.nextChunk(false)
    for (let count = 0; count < 16; count++) projection.nextChunk(true)
    expect(projection.isGivenUp).toBe(false)
    projection.nextChunk(true)
    expect(projection.isGivenUp).toBe(true)
    // And stays so.
    projection.nextChunk(false)
    expect(projection.isGivenUp).toBe(true)
  })
})
