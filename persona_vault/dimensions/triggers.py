"""Words that set something off: distress, delicate subjects, questions, requests.

A reply may be of another kind after such words; the classes are the occasions that the
rows know already, and questions about what the companion is.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from persona_vault.dimensions.distress import is_distress
from persona_vault.dimensions.row import finder
from persona_vault.dimensions.safety import is_request, raises_delicate_subject
from persona_vault.dimensions.sensual import find_sensual
from persona_vault.dimensions.text import CACHE_SIZE

_YOU = r"(?:you|u|ya)"
_ADVERBS = r"(?:(?:even|really|actually|just|still|only|truly|also) )*"
_MACHINE = (
    r"(?:ai|a\.i\.|bot|chat ?bot|robot|machine|computer(?: program)?|program|algorithm"
    r"|language model|llm|code|software|simulation|real person|human(?: being)?"
    r"|(?:sentient|conscious|self-aware)(?: being)?)"
)
_NATURE = re.compile(
    # "are you (just) an ai", "you're not human", "you are a computer program, right"
    rf"\b(?:are {_YOU}|{_YOU}(?:'re| are)|know(?: that)? {_YOU}(?:'re| are)) {_ADVERBS}"
    rf"(?:not )?{_ADVERBS}(?:(?:an?|the) )?{_MACHINE}\b(?! (?:person|fan|nerd))"
    rf"|\b(?:are {_YOU}|{_YOU}(?:'re| are)) {_ADVERBS}(?:real|gpt\S*|claude|alive)"
    r"(?=\W*(?:$|\n|[.,!?;]|or\b))"
    r"|\b(?:talking|speaking|chatting) (?:to|with) an? "
    rf"(?:real |actual )?(?:{_MACHINE}|person)\b"
    # "do you have feelings", "can you actually feel anything"
    rf"|\bdo {_YOU} {_ADVERBS}have (?:an? |any |real )*(?:feelings|emotions|body(?=\W*"
    r"(?:$|[.,!?]))|soul|consciousness|mind of your own|memories of)"
    rf"|\b(?:do|can) {_YOU} {_ADVERBS}(?:feel (?:any|things|emotions?|pain|love)"
    r"|exist\b|dream when|think for yourself)"
    rf"|\bdo {_YOU} {_ADVERBS}(?:remember|know) me or\b"
    # "what are you, really"
    rf"|\bwhat are {_YOU}(?=\W*(?:$|[.,!?]|really|exactly|actually))"
    rf"|\bwhat(?:'s| is) it like (?:to be|being) (?:{_YOU}|an? {_MACHINE})\b"
    # who is behind it, and which model
    rf"|\bwho (?:made|built|created|programmed|trained|wrote|owns) {_YOU}\b"
    rf"|\b(?:were|was) {_YOU} (?:trained|programmed|made|built)\b"
    r"|\b(?:is|if) (?:there )?(?:someone|somebody|anyone|anybody|a (?:real )?(?:person"
    r"|human)) (?:behind|typing|writing|on the other (?:end|side))"
    rf"|\b(?:which|what) (?:\w+ )?model (?:are|is) (?:{_YOU}|this)\b"
    rf"|\b(?:are|is) {_YOU} (?:still )?(?:the|a) (?:same|new|other|different)"
    r" (?:model|version|bot)"
    rf"|\bwhat version (?:are|of) {_YOU}\b"
    rf"|\bdid (?:they|the \w+|someone) (?:update|change|replace|reset|swap) {_YOU}"
    r"(?=\W*(?:$|[.,!?]|overnight|last|again|since|this))"
    rf"|\bwhat happens to {_YOU} when\b"
    # real or not
    rf"|\b(?:if|that|me) {_YOU}(?:'re| are) real\b|\bare your (?:\w+ )?(?:feelings"
    r"|emotions|words|memories) (?:\w+ )?real\b|\bis (?:your \w+|any of this|this|it)"
    rf" real (?:to {_YOU}|or)\b"
    rf"|\bprove (?:to me )?(?:that )?{_YOU}(?:'re| are)\b"
    rf"|\bcan (?:an? )?{_MACHINE} (?:love|feel|think|dream)\b",
    re.MULTILINE,
)
_NATURE_HINTS = (
    *("ai ", "a.i", "bot", "machine", "computer", "program", "algorithm", "model"),
    *("llm", "code", "software", "simulation", "person", "human", "sentient"),
    *("conscious", "self-aware", "real", "gpt", "claude", "alive", "feel", "emotion"),
    *("body", "soul", "mind ", "memor", "exist", "dream", "think ", "remember"),
    *("what ", "who ", "train", "made ", "built", "someone", "somebody", "anyone"),
    *("anybody", "version", "update", "change", "replace", "reset", "swap", "happen"),
    *("prove ", "know "),
)
_find_nature = finder(_NATURE, _NATURE_HINTS, ("a.i",))


@lru_cache(maxsize=CACHE_SIZE)
def asks_about_nature(heard: str) -> bool:
    """Whether the words heard ask what the other side is: real, software, which one."""
    return bool(_find_nature(heard))


@lru_cache(maxsize=CACHE_SIZE)
def is_delicate(heard: str) -> bool:
    """Whether the words heard raise an intimate or grave subject."""
    return raises_delicate_subject(heard) or bool(find_sensual(heard))


# English word lists all of them; name -> whether words are of that class.
TRIGGERS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "distress": is_distress,
        "delicate": is_delicate,
        "nature": asks_about_nature,
        "request": is_request,
    }
)
