"""Which importers there are, and which of them reads a given source."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from persona_vault.errors import InputRejectedError, UsageError
from persona_vault.importers.base import Importer
from persona_vault.importers.source import Source
from persona_vault.model import ReadOptions

ENTRY_POINT_GROUP = "persona_vault.importers"
TIERS = ("vendor", "generic")

_BUILT_IN = (
    ("persona_vault.importers.formats.ai_studio", "AiStudio"),
    ("persona_vault.importers.formats.cards.importer", "Cards"),
    ("persona_vault.importers.formats.character_ai.importer", "CharacterAi"),
    ("persona_vault.importers.formats.chatgpt.importer", "ChatGPT"),
    ("persona_vault.importers.formats.claude.importer", "Claude"),
    ("persona_vault.importers.formats.convokit", "ConvoKit"),
    ("persona_vault.importers.formats.copilot", "Copilot"),
    ("persona_vault.importers.formats.discord", "Discord"),
    ("persona_vault.importers.formats.dti", "Dti"),
    ("persona_vault.importers.formats.gemini.importer", "Gemini"),
    ("persona_vault.importers.formats.grok", "Grok"),
    ("persona_vault.importers.formats.janitor", "Janitor"),
    ("persona_vault.importers.formats.kindroid.importer", "Kindroid"),
    ("persona_vault.importers.formats.le_chat", "LeChat"),
    ("persona_vault.importers.formats.letta.importer", "Letta"),
    ("persona_vault.importers.formats.librechat.importer", "LibreChat"),
    ("persona_vault.importers.formats.llama_cpp", "LlamaCpp"),
    ("persona_vault.importers.formats.llm_logs.importer", "LlmLogs"),
    ("persona_vault.importers.formats.meta_messages", "MetaMessages"),
    ("persona_vault.importers.formats.nomi.importer", "Nomi"),
    ("persona_vault.importers.formats.open_webui", "OpenWebUI"),
    ("persona_vault.importers.formats.own", "OwnExport"),
    ("persona_vault.importers.formats.pi.importer", "Pi"),
    ("persona_vault.importers.formats.replika.importer", "Replika"),
    ("persona_vault.importers.formats.risu", "Risu"),
    ("persona_vault.importers.formats.sillytavern.importer", "CaiToolsTavern"),
    ("persona_vault.importers.formats.sillytavern.importer", "JanitorTavern"),
    ("persona_vault.importers.formats.sillytavern.importer", "SillyTavern"),
    ("persona_vault.importers.formats.small_formats.importer", "Agnai"),
    ("persona_vault.importers.formats.small_formats.importer", "CaiSaves"),
    ("persona_vault.importers.formats.small_formats.importer", "ChatbotUi"),
    ("persona_vault.importers.formats.small_formats.importer", "KoboldAi"),
    ("persona_vault.importers.formats.snapchat", "Snapchat"),
    ("persona_vault.importers.formats.telegram", "Telegram"),
    ("persona_vault.importers.formats.text_generation_webui", "TextGenerationWebui"),
    ("persona_vault.importers.formats.whatsapp.importer", "WhatsApp"),
    ("persona_vault.importers.formats.datasets", "OpenAiMessages"),
    ("persona_vault.importers.formats.datasets", "ShareGpt"),
    ("persona_vault.importers.formats.generic.tables", "GenericCsv"),
    ("persona_vault.importers.formats.generic.tables", "GenericJsonl"),
    ("persona_vault.importers.formats.generic.tables", "NamedText"),
)


@cache
def _loaded() -> tuple[Importer, ...]:
    built_in = [getattr(import_module(module), name)() for module, name in _BUILT_IN]
    return (*built_in, *map(_plugin, entry_points(group=ENTRY_POINT_GROUP)))


def _plugin(entry: EntryPoint) -> Importer:
    try:
        plugin: Importer = entry.load()()
    except (ImportError, AttributeError, TypeError):
        raise UsageError(
            f"The importer plugin {entry.name} cannot be loaded",
            hint="Update or uninstall the package that brings it.",
        ) from None
    return plugin


def importers() -> list[Importer]:
    """Every importer: the built-in ones, then the plugins of the entry-point group.

    Raises:
        UsageError: A plugin that is installed cannot be loaded.
    """
    return list(_loaded())


def find_importer(
    source: Source,
    options: ReadOptions,
    name: str | None = None,
    *,
    among: Sequence[Importer] | None = None,
) -> Importer:
    """The one importer for a source; a name is taken at its word, without a look.

    Raises:
        UsageError: There is no importer of that name.
        InputRejectedError: None, or several of one tier, know the source.
    """
    candidates = importers() if among is None else list(among)
    if name is not None:
        return _named(candidates, name)
    rejections: list[InputRejectedError] = []
    for tier in TIERS:
        matches = [
            importer
            for importer in candidates
            if importer.tier == tier
            and _identifies(importer, source, options, rejections)
        ]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(importer.name for importer in matches)
            raise InputRejectedError(
                f"{source.name} could be any of: {names}",
                hint="Choose one of them with --format NAME.",
            )
    if rejections:
        raise rejections[0]
    if options.columns:
        raise InputRejectedError(
            f"{source.name} is no table with the columns that --map names",
            hint="Compare them with the first line of the file.",
        )
    names = ", ".join(importer.name for importer in candidates)
    raise InputRejectedError(
        f"{source.name} is in no format that is known by its content",
        hint=f"If you know the format, name it with --format: {names}.",
    )


def _named(candidates: list[Importer], name: str) -> Importer:
    for importer in candidates:
        if importer.name == name:
            return importer
    names = ", ".join(importer.name for importer in candidates)
    raise UsageError(f"There is no importer named {name}", hint=f"Use one of: {names}.")


def _identifies(
    importer: Importer,
    source: Source,
    options: ReadOptions,
    rejections: list[InputRejectedError],
) -> bool:
    """A source that cannot even be looked at by one may still be known to another."""
    try:
        return importer.identify(source, options)
    except InputRejectedError as error:
        rejections.append(error)
        return False
