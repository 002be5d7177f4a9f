"""The map of the pipeline of GNU parallel: lines in, words and their counts out."""
import collections
import sys

from fault import word_of

counts = collections.Counter(word_of(line) for line in sys.stdin)
for word, count in counts.items():
    print(f'"{word}"\t{count}')
