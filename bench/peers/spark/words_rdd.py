"""RDDs: the word count of the first page of every book on Spark."""

from operator import add

from session import files, start, write_rows

lines = start().sparkContext.textFile(",".join(files))
counts = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(add)
write_rows(counts.map(lambda count: (None, count[0], count[1])))
