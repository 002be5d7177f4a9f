"""The count as an mrjob job: python mrjob_count.py -r local FILE… > OUT"""
from mrjob.job import MRJob
from mrjob.protocol import RawValueProtocol

from fault import word_of


class Count(MRJob):
    INPUT_PROTOCOL = RawValueProtocol

    def mapper(self, _, line):
        yield word_of(line), 1

    def combiner(self, word, counts):
        yield word, sum(counts)

    def reducer(self, word, counts):
        yield word, sum(counts)


if __name__ == "__main__":
    Count.run()
