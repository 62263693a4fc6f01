"""How the demo's user writes: lower case, a sentence or two, a question or none."""

from random import Random

from persona_vault.demo.companion import Exchange
from persona_vault.demo.words import Words

# Shares of messages: a second sentence, a question behind a statement.
_MORE = 0.45
_TAG = 0.4
_STILL_ASKS = 0.25
_LEADS = ("can you ", "could you ", "please ", "would you ", "")


def write_message(words: Words, exchange: Exchange, brief: float, rng: Random) -> str:
    """One message of the user; `brief` is the share written in the short manner."""
    short = rng.random() < brief
    if exchange.kind == "request":
        line = _request(exchange, short, rng)
    elif exchange.kind in {"greet", "bye"}:
        line = rng.choice(words.sam[exchange.kind])
    elif short:
        line = _short_line(words, exchange, rng)
    else:
        line = _long_line(words, exchange, rng)
    return words.fill(line, exchange.thing, rng).lower()


def _request(exchange: Exchange, short: bool, rng: Random) -> str:
    lead = rng.choice(("please ", "") if short else _LEADS)
    asks = "you " in lead
    return f"{lead}{exchange.wish.wish}{'?' if asks else ''}"


def _short_line(words: Words, exchange: Exchange, rng: Random) -> str:
    if exchange.kind == "ask" and rng.random() < _STILL_ASKS:
        return rng.choice(exchange.topic.ask)
    return rng.choice(words.sam[f"short_{exchange.kind}"])


def _long_line(words: Words, exchange: Exchange, rng: Random) -> str:
    pools = {
        "glad": exchange.topic.glad,
        "low": exchange.topic.low,
        "ask": exchange.topic.ask,
        "small": words.sam["small"],
    }
    lines = [rng.choice(pools[exchange.kind])]
    if rng.random() < _MORE:
        lines.insert(int(exchange.kind != "ask"), rng.choice(words.sam["more"]))
    if exchange.kind in {"glad", "low"} and rng.random() < _TAG:
        lines.append(rng.choice(words.sam["tags"]))
    return " ".join(
        line if line.endswith("?") or i == len(lines) - 1 else f"{line}."
        for i, line in enumerate(lines)
    )
