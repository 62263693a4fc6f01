"""Drives another program in its own environment: `python peer_driver.py DEED NAME`.

Takes from standard input as one JSON object the files to use, and prints what it found
as another. Each function does what that program's documentation shows for texts with
ids and a sentence-transformers model. Deeds: `build` a store and search it once,
`search` in a new process what was built, `warm` many searches in one process.
"""

# Only one of the programs is there.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

N_NEAREST = 10

Given = dict[str, Any]
Search = Callable[[str], list[str]]  # ids of the nearest texts, nearest first


def _texts(given: Given) -> Iterator[dict[str, Any]]:
    with Path(given["texts"]).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def build_txtai(given: Given) -> Search:
    """Texts with content in an index, saved."""
    from txtai import Embeddings  # type: ignore[import-not-found]

    # As long as the model was made for; txtai alone would read twice as much.
    index = Embeddings(path=given["weights"], content=True, gpu=False, maxlength=True)
    index.index((one["id"], one["text"], None) for one in _texts(given))
    index.save(_txtai_folder(given))
    return _txtai_search(index)


def load_txtai(given: Given) -> Search:
    """The index that was saved."""
    from txtai import Embeddings

    index = Embeddings()
    index.load(_txtai_folder(given))
    return _txtai_search(index)


def _txtai_folder(given: Given) -> str:
    return str(Path(given["folder"]) / "index")


def _txtai_search(index: Any) -> Search:
    return lambda query: [one["id"] for one in index.search(query, N_NEAREST)]


def build_chromadb(given: Given) -> Search:
    """A collection on disk with the sentence-transformers function."""
    client, function = _chromadb(given)
    collection = client.create_collection("talk", embedding_function=function)
    said = list(_texts(given))
    n = client.get_max_batch_size()
    for start in range(0, len(said), n):
        part = said[start : start + n]
        collection.add(
            ids=[one["id"] for one in part], documents=[one["text"] for one in part]
        )
    return _chromadb_search(collection)


def load_chromadb(given: Given) -> Search:
    """The collection that was made."""
    client, function = _chromadb(given)
    return _chromadb_search(client.get_collection("talk", embedding_function=function))


def _chromadb(given: Given) -> tuple[Any, Any]:
    import chromadb  # type: ignore[import-not-found]
    from chromadb.utils import embedding_functions  # type: ignore[import-not-found]

    function = embedding_functions.SentenceTransformerEmbeddingFunction(
        model_name=given["weights"]
    )
    return chromadb.PersistentClient(path=given["folder"]), function


def _chromadb_search(collection: Any) -> Search:
    def search(query: str) -> list[str]:
        found = collection.query(query_texts=[query], n_results=N_NEAREST)
        ids: list[str] = found["ids"][0]
        return ids

    return search


def load_llm(given: Given) -> Search:
    """The collection that `llm embed-multi` made; its plugin knows the model."""
    import llm  # type: ignore[import-not-found]
    import sqlite_utils  # type: ignore[import-not-found]

    database = sqlite_utils.Database(str(Path(given["folder"]) / "embeddings.db"))
    collection = llm.Collection("talk", database, create=False)
    return lambda query: [one.id for one in collection.similar(query, number=N_NEAREST)]


def build_sqlite_utils(given: Given) -> Search:
    """Rows under a hash of conversation, speaker, time and text; then full text."""
    import sqlite_utils

    database = sqlite_utils.Database(str(Path(given["folder"]) / "talk.db"))
    table: Any = database["message"]
    table.insert_all(
        (one | {"hash": _hash(one)} for one in _texts(given)),
        pk="hash",
        ignore=True,
        batch_size=10_000,
    )
    table.enable_fts(["text"], tokenize="porter")
    return lambda query: [one["id"] for one in table.search(query)]


def _hash(one: dict[str, Any]) -> str:
    words = "\0".join((one["conversation"], one["name"], one["timestamp"], one["text"]))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


BUILDS: dict[str, Callable[[Given], Search]] = {
    "txtai": build_txtai,
    "chromadb": build_chromadb,
    "sqlite-utils": build_sqlite_utils,
}
LOADS: dict[str, Callable[[Given], Search]] = {
    "txtai": load_txtai,
    "chromadb": load_chromadb,
    "llm": load_llm,
}


def main(deed: str, name: str) -> dict[str, Any]:
    """What the searches found, and how long each took in a warm process."""
    given = json.loads(sys.stdin.read())
    search = (BUILDS if deed == "build" else LOADS)[name](given)
    queries = given["queries"]
    found = [search(queries[0])]
    if deed != "warm":
        return {"ids": found}
    found, taken = [], []
    for query in queries:
        began = time.perf_counter()
        found.append(search(query))
        taken.append(1_000 * (time.perf_counter() - began))
    return {"ids": found, "warm_ms": statistics.median(taken)}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:3])))
