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
    ("persona_vault.importers.ai_studio", "AiStudio"),
    ("persona_vault.importers.cards", "Cards"),
    ("persona_vault.importers.character_ai", "CharacterAi"),
    ("persona_vault.importers.chatgpt", "ChatGPT"),
    ("persona_vault.importers.claude", "Claude"),
    ("persona_vault.importers.convokit", "ConvoKit"),
    ("persona_vault.importers.copilot", "Copilot"),
    ("persona_vault.importers.discord", "Discord"),
    ("persona_vault.importers.dti", "Dti"),
    ("persona_vault.importers.gemini", "Gemini"),
    ("persona_vault.importers.grok", "Grok"),
    ("persona_vault.importers.janitor", "Janitor"),
    ("persona_vault.importers.kindroid", "Kindroid"),
    ("persona_vault.importers.le_chat", "LeChat"),
    ("persona_vault.importers.letta", "Letta"),
    ("persona_vault.importers.librechat", "LibreChat"),
    ("persona_vault.importers.llama_cpp", "LlamaCpp"),
    ("persona_vault.importers.llm_logs", "LlmLogs"),
    ("persona_vault.importers.meta_messages", "MetaMessages"),
    ("persona_vault.importers.nomi", "Nomi"),
    ("persona_vault.importers.open_webui", "OpenWebUI"),
    ("persona_vault.importers.pi", "Pi"),
    ("persona_vault.importers.replika", "Replika"),
    ("persona_vault.importers.risu", "Risu"),
    ("persona_vault.importers.sillytavern", "CaiToolsTavern"),
    ("persona_vault.importers.sillytavern", "JanitorTavern"),
    ("persona_vault.importers.sillytavern", "SillyTavern"),
    ("persona_vault.importers.small_formats", "Agnai"),
    ("persona_vault.importers.small_formats", "CaiSaves"),
    ("persona_vault.importers.small_formats", "ChatbotUi"),
    ("persona_vault.importers.small_formats", "KoboldAi"),
    ("persona_vault.importers.snapchat", "Snapchat"),
    ("persona_vault.importers.telegram", "Telegram"),
    ("persona_vault.importers.text_generation_webui", "TextGenerationWebui"),
    ("persona_vault.importers.whatsapp", "WhatsApp"),
    ("persona_vault.importers.datasets", "OpenAiMessages"),
    ("persona_vault.importers.datasets", "ShareGpt"),
    ("persona_vault.importers.generic", "GenericCsv"),
    ("persona_vault.importers.generic", "GenericJsonl"),
    ("persona_vault.importers.generic", "NamedText"),
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
