"""The words that Google puts around every prompt, found without knowing the language.

In English a record's title is "Prompted" and the prompt; other languages have other
words, some of them behind the prompt.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# Seen in exports; for files with too few prompts to learn the words from.
_KNOWN = ("Prompted", "Solicitou")
_HARD_SPACE = "\xa0"
_N_ENOUGH = 5
_N_ENOUGH_FOR_MORE_WORDS = 20
_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands before and behind the prompt in a title.

    Attributes:
        before, behind: Words of Google's, separated by single spaces; "" for none.
    """

    before: str = ""
    behind: str = ""

    def prompt(self, title: str) -> str | None:
        """The prompt alone; None where the title is not framed so."""
        start = _end_of(title, self.before) if self.before else 0
        if start is None:
            return None
        rest = title[start:]
        if self.behind:
            end = _end_of(rest[::-1], self.behind[::-1])
            if end is None:
                return None
            rest = rest[: len(rest) - end]
        return rest.strip()

    @property
    def is_known(self) -> bool:
        """Whether there is anything to cut off."""
        return bool(self.before or self.behind)


def _end_of(title: str, words: str) -> int | None:
    """Where these words end at the beginning of a title; None if it has others.

    Google joins its word to the prompt with a hard space, which `split` takes for one.
    """
    at = 0
    for word in words.split(" "):
        while at < len(title) and title[at].isspace():
            at += 1
        if not title.startswith(word, at):
            return None
        at += len(word)
        if at < len(title) and not title[at].isspace():
            return None
    return at


def learn_frame(titles: Iterable[str]) -> Frame:
    """The words that most titles of answered records share.

    Pages set them apart by a hard space. Elsewhere at least five different titles are
    needed, and twenty for more than one word, since a person's prompts may well begin
    alike; below that only words that were seen in exports count.
    """
    different = list(dict.fromkeys(titles))
    set_apart = _set_apart(different)
    split = [words for title in different if (words := title.split())]
    known = [word for word in _KNOWN if any(words[0] == word for words in split)]
    if set_apart or known:
        return Frame(set_apart or known[0])
    before = _shared(split)
    if before:
        return Frame(before)
    behind = _shared([words[::-1] for words in split])
    return Frame("", " ".join(behind.split(" ")[::-1]))


def _set_apart(titles: list[str]) -> str:
    """What stands before the first hard space, if it is the same in most titles."""
    heads = Counter(
        " ".join(head.split())
        for title in titles
        for head, space, _prompt in [title.partition(_HARD_SPACE)]
        if space
    )
    head, count = heads.most_common(1)[0] if heads else ("", 0)
    return head if count >= max(2, _SHARE * len(titles)) else ""


def _shared(titles: list[list[str]]) -> str:
    """The longest run of first words that a majority of the titles has in common."""
    if len(titles) < _N_ENOUGH:
        return ""
    shared: list[str] = []
    left = titles
    while not shared or len(left) >= _N_ENOUGH_FOR_MORE_WORDS:
        at = len(shared)
        # A title is more than its frame: at least one word must be left.
        counts = Counter(words[at] for words in left if len(words) > at + 1)
        word, count = counts.most_common(1)[0] if counts else ("", 0)
        # Every prompt has the whole frame, so that later words are shared by all.
        if count < (len(left) if shared else _SHARE * len(titles)):
            break
        shared.append(word)
        left = [words for words in left if len(words) > at and words[at] == word]
    return " ".join(shared)
