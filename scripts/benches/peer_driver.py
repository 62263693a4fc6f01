"""Drives another program in its own environment: `python peer_driver.py NAME`.

Takes from standard input as one JSON object the files to use. Each function does what
that program's documentation shows for texts with ids and sentence-transformers.
"""

# Only one of the programs is there.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

N_NEAREST = 10


def _messages(talk: str) -> Iterator[dict[str, Any]]:
    with Path(talk).open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def use_txtai(given: dict[str, str]) -> int:
    """Texts with content in an index, saved, and one search."""
    from txtai import Embeddings  # type: ignore[import-not-found]

    index = Embeddings(path=given["weights"], content=True, gpu=False)
    index.index((one["id"], one["text"], None) for one in _messages(given["talk"]))
    index.save(str(Path(given["folder"]) / "index"))
    return len(index.search(given["query"], N_NEAREST))


def use_chromadb(given: dict[str, str]) -> int:
    """A collection on disk with the sentence-transformers function, and one search."""
    import chromadb  # type: ignore[import-not-found]
    from chromadb.utils import embedding_functions  # type: ignore[import-not-found]

    function = embedding_functions.SentenceTransformerEmbeddingFunction(
        model_name=given["weights"]
    )
    client = chromadb.PersistentClient(path=given["folder"])
    collection = client.create_collection("talk", embedding_function=function)
    said = list(_messages(given["talk"]))
    for start in range(0, len(said), 5_000):
        part = said[start : start + 5_000]
        collection.add(
            ids=[one["id"] for one in part], documents=[one["text"] for one in part]
        )
    found = collection.query(query_texts=[given["query"]], n_results=N_NEAREST)
    return len(found["ids"][0])


def _llm(given: dict[str, str]) -> Any:
    """The library of llm with the model of its plugin, and a collection."""
    os.environ["LLM_USER_PATH"] = given["folder"]
    import llm  # type: ignore[import-not-found]
    import sqlite_utils  # type: ignore[import-not-found]
    from llm_sentence_transformers import SentenceTransformerModel  # type: ignore[import-not-found]

    name = f"sentence-transformers/{given['weights']}"
    model = SentenceTransformerModel(name, given["weights"], False)
    database = sqlite_utils.Database(str(Path(given["folder"]) / "embeddings.db"))
    return llm.Collection("talk", database, model=model)


def use_llm(given: dict[str, str]) -> int:
    """`embed_multi` in its usual batches, with the text stored, and one search."""
    collection = _llm(given)
    collection.embed_multi(
        ((one["id"], one["text"]) for one in _messages(given["talk"])), store=True
    )
    return len(collection.similar(given["query"], number=N_NEAREST))


def use_llm_similar(given: dict[str, str]) -> int:
    """One search of what was embedded before."""
    return len(_llm(given).similar(given["query"], number=N_NEAREST))


def use_sqlite_utils(given: dict[str, str]) -> int:
    """Rows under a hash of conversation, speaker, time and text; then full text."""
    import sqlite_utils

    database = sqlite_utils.Database(str(Path(given["folder"]) / "talk.db"))
    table: Any = database["message"]
    table.insert_all(
        (one | {"hash": _hash(one)} for one in _messages(given["talk"])),
        pk="hash",
        ignore=True,
        batch_size=10_000,
    )
    table.enable_fts(["text"], tokenize="porter")
    return len(list(table.search("garden")))


def _hash(one: dict[str, Any]) -> str:
    words = "\0".join((one["conversation"], one["name"], one["timestamp"], one["text"]))
    return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


USES: dict[str, Callable[[dict[str, str]], int]] = {
    "txtai": use_txtai,
    "chromadb": use_chromadb,
    "llm": use_llm,
    "llm-similar": use_llm_similar,
    "sqlite-utils": use_sqlite_utils,
}


if __name__ == "__main__":
    print(USES[sys.argv[1]](json.loads(sys.stdin.read())))
