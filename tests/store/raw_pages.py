"""A vault's pages as SQLite sees them in memory, for traces that no query shows."""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from persona_vault.store import keys
from persona_vault.store.header import read_header

PAGE, RESERVED, IV = 4096, 80, 16


def decrypted_pages(folder: Path, passphrase: str) -> bytes:
    """The database file page by page, each tag checked, as SQLite sees it in memory."""
    data = (folder / "vault.db").read_bytes()
    salt = data[:16]
    key = keys.unlock(read_header(folder), passphrase)
    mac_salt = bytes(byte ^ 0x3A for byte in salt)
    mac_key = hashlib.pbkdf2_hmac("sha512", key, mac_salt, 2, 32)
    pages = []
    for number in range(len(data) // PAGE):
        page = data[number * PAGE : (number + 1) * PAGE]
        body = page[16:] if number == 0 else page
        sealed, rest = body[:-RESERVED], body[-RESERVED:]
        signed = sealed + rest[:IV] + struct.pack("<I", number + 1)
        assert rest[IV:] == hmac.digest(mac_key, signed, "sha512")
        cipher = Cipher(algorithms.AES(key), modes.CBC(rest[:IV])).decryptor()
        pages.append(cipher.update(sealed) + cipher.finalize())
    return b"".join(pages)


def word_traces(word: str) -> Iterator[bytes]:
    """A word as it can stand in a page: as written, folded, as the index has it."""
    for one in (word, word.lower(), word.lower()[:7], word.upper()):
        for encoding in ("utf-8", "utf-16-le"):
            yield one.encode(encoding)
