"""Whether the model reads the language that the talk is in."""

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from persona_vault.embedders import Embedder
    from persona_vault.store.vault import Vault

# Below this share a language may be a handful of quotations, or a wrong guess.
_WORTH_TELLING = 0.2
_MOST_READ = 300
_SAMPLE = """
SELECT text FROM message
WHERE shown AND role IN ('user', 'persona') AND length(text) >= 40
  AND id % (1 + (SELECT count(*) FROM message) / ?) = 0
ORDER BY id LIMIT ?
"""


def language_warnings(vault: "Vault", embedder: "Embedder") -> list[str]:
    """What to say where much of the talk is in a language the model does not read.

    Nothing where the model's card names no languages, or there is too little text.
    """
    languages: tuple[str, ...] = getattr(embedder, "languages", ())
    if not languages:
        return []
    from persona_vault.snapshot.language import UNCLEAR, block_languages

    with vault.read() as connection:
        rows = connection.exec_driver_sql(_SAMPLE, (_MOST_READ, _MOST_READ))
        found = Counter(block_languages(rows.scalars().all()))
    others = [
        code
        for code, n in found.most_common()
        if code not in (*languages, UNCLEAR) and n >= _WORTH_TELLING * found.total()
    ]
    if not others:
        return []
    return [
        f"Part of the talk looks like {', '.join(others)}, and {embedder.model_id} is "
        f"made for {', '.join(languages)}: search by meaning finds less there, search "
        "by words works in every language. A multilingual model in a folder can take "
        "its place with --embedder FOLDER."
    ]
