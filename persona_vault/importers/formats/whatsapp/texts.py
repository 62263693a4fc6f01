"""What stands in a WhatsApp message: words, a named file, or words of the app."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from persona_vault.importers.formats.whatsapp.lines import MARKS
from persona_vault.model import Attachment

_MARK = "\u200e"  # iOS puts it before all that the app itself wrote
_LONGEST_NOTICE = 300
# `<attached: 00000012-PHOTO-2024-01-05-10-42-00.jpg>` in the phone's language.
_ATTACHED = re.compile(
    rf"(?P<mark>{_MARK}?)<[^<>:\n]{{2,30}}:\s?(?P<name>[^<>\n/\\]{{1,120}}\.\w{{1,5}})>"
)
# `IMG-20240105-WA0001.jpg (file attached)` in the phone's language.
_FILE_LINE = re.compile(
    rf"{_MARK}?(?P<name>[^\n/\\<>]{{1,120}}\.\w{{1,5}}) \((?P<what>[^()\n]{{3,40}})\)"
)
_VENDOR_FILE = re.compile(r"(?:[A-Z]{3}-\d{8}-WA\d+|\d{8}-[A-Z_]+-\d{4}-).*")
_EDITED = re.compile(rf"\s?(?P<mark>{_MARK}?)<(?P<what>[^<>\n]{{5,60}})>\s*\Z")
_EDITED_WORDS = {
    "this message was edited",
    "diese nachricht wurde bearbeitet",
    "se editó este mensaje",
    "ce message a été modifié",
    "questo messaggio è stato modificato",
    "mensagem editada",
    "dit bericht is bewerkt",
}
_OMITTED = {
    "<media omitted>",
    "<medien ausgeschlossen>",
    "<multimedia omitido>",
    "<archivo omitido>",
    "<médias omis>",
    "<media omessi>",
    "<mídia oculta>",
    "<arquivo de mídia oculto>",
    "<media weggelaten>",
    "<без медиафайлов>",
    "<pominięto multimedia>",
    "<medya dahil edilmedi>",
    "<mediefil utelämnad>",
    "<udeladt media>",
}
_OMITTED_ENDS = (
    *("omitted", "weggelassen", "omitido", "omitida", "omis", "absente", "omesso"),
    *("omessa", "ocultado", "oculta", "oculto", "weggelaten"),
)
_DELETED = {
    "this message was deleted",
    "you deleted this message",
    "diese nachricht wurde gelöscht",
    "du hast diese nachricht gelöscht",
    "se eliminó este mensaje",
    "eliminaste este mensaje",
    "ce message a été supprimé",
    "vous avez supprimé ce message",
    "questo messaggio è stato eliminato",
    "mensagem apagada",
    "dit bericht is verwijderd",
}
_NOTICES = (
    "messages and calls are end-to-end encrypted",
    "messages to this chat and calls are now secured",
    "messages you send to this chat and calls are now secured",
    "nachrichten und anrufe sind ende-zu-ende-verschlüsselt",
    "los mensajes y las llamadas están cifrados",
)
_CARDS = (("poll:", "poll"), ("location:", "location"))
_MEDIA_WORDS = (
    *(("image", "image"), ("bild", "image"), ("imagen", "image"), ("photo", "image")),
    *(("video", "video"), ("audio", "audio"), ("sticker", "sticker"), ("gif", "image")),
    *(("document", "document"), ("contact", "contact")),
)
_SUFFIXES = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".gif"), "image"),
    **dict.fromkeys((".mp4", ".mov", ".3gp"), "video"),
    **dict.fromkeys((".opus", ".m4a", ".mp3", ".ogg", ".aac"), "audio"),
    ".webp": "sticker",
    ".vcf": "contact",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says.

    Attributes:
        text: The words, "" for a file alone.
        kind: "text", "poll", "location", a media type, or "service" and "deleted" for
            words of the app itself.
        attachments: Files it names.
        flags: "edited".
    """

    text: str
    kind: str = "text"
    attachments: tuple[Attachment, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def is_notice(self) -> bool:
        """Whether the app speaks, not the person whose name stands before it."""
        return self.kind in ("service", "deleted")


def told(text: str, member_of: Callable[[str], str]) -> Content:
    """What the text after a name says.

    Args:
        text: All lines of the message.
        member_of: The member of the source that holds a file of this name, or "".
    """
    words, attachments = _without_files(text.strip("\n"), member_of)
    words, is_edited = _without_tail(words)
    flags = ("edited",) if is_edited else ()
    if attachments:
        kind = "text" if words.strip(MARKS + " \n") else attachments[0].media_type
        return Content(words.strip(MARKS + " \n"), kind or "file", attachments, flags)
    bare = words.strip(MARKS + " \n").casefold()
    if bare.rstrip(".") in _DELETED:
        return Content(words.strip(MARKS), "deleted")
    if bare.startswith(_NOTICES):
        return Content(words.strip(MARKS), "service")
    if bare == "null":  # a picture to be seen once, say: nothing of it is exported
        return Content("", "media", (), flags)
    if words.startswith(_MARK) and len(words) <= _LONGEST_NOTICE:
        kinds = [kind for sign, kind in _CARDS if bare.startswith(sign)]
        return Content(words.strip(MARKS), kinds[0] if kinds else "service", (), flags)
    return Content(words, "text", (), flags)


def _without_files(
    text: str, member_of: Callable[[str], str]
) -> tuple[str, tuple[Attachment, ...]]:
    """The words and the files named among them."""
    first, _end, rest = text.partition("\n")
    bare = first.strip(MARKS + " ")
    is_marked = first.lstrip(" ").startswith(_MARK)
    if bare.casefold() in _OMITTED:
        return rest, (Attachment(bare.strip("<>")),)
    if is_marked and bare.casefold().endswith(_OMITTED_ENDS):
        return rest, (Attachment(bare.replace(_MARK, ""), _media_of(bare)),)
    if found := _FILE_LINE.fullmatch(first.rstrip()):
        name = found["name"].strip(MARKS)
        if _VENDOR_FILE.fullmatch(name) or member_of(name):
            return rest, (_attachment(name, member_of),)
    attachments: list[Attachment] = []

    def taken(found: re.Match[str]) -> str:
        name = found["name"].strip(MARKS + " ")
        if not (found["mark"] or _VENDOR_FILE.fullmatch(name) or member_of(name)):
            return found[0]
        attachments.append(_attachment(name, member_of))
        return ""

    words = _ATTACHED.sub(taken, text)
    return words, tuple(attachments)


def _attachment(name: str, member_of: Callable[[str], str]) -> Attachment:
    suffix = PurePosixPath(name).suffix.lower()
    return Attachment(name, _SUFFIXES.get(suffix, "file"), member=member_of(name))


def _media_of(words: str) -> str:
    folded = words.casefold()
    return next((kind for word, kind in _MEDIA_WORDS if word in folded), "")


def _without_tail(text: str) -> tuple[str, bool]:
    """The text without the remark that it was edited, and whether there was one."""
    found = _EDITED.search(text)
    if found is None:
        return text, False
    if found["mark"] or found["what"].casefold().strip(MARKS) in _EDITED_WORDS:
        return text[: found.start()], True
    return text, False
