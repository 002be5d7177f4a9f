/** What makes a reducer, by the names that a job imports. */
export const reducerNames: readonly string[] = [
  'all',
  'collect',
  'count',
  'countDistinct',
  'first',
  'geometricMean',
  'groupReduce',
  'histogram',
  'last',
  'max',
  'mean',
  'min',
  'reducer',
  'sum',
  'topK',
  'variance',
]
