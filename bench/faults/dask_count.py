"""The count with Dask: python dask_count.py OUT FILE…"""
import json
import sys

import dask.bag
from dask.distributed import Client, LocalCluster

from fault import word_of

if __name__ == "__main__":
    out, *files = sys.argv[1:]
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster, Client(cluster):
        counts = dask.bag.read_text(files).map(word_of).frequencies().compute()
    with open(out, "w") as file:
        for word, count in counts:
            file.write(f"{json.dumps(word)}\t{count}\n")
