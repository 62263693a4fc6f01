"""All worlds, with their sizes; the mirror image of each stands beside it."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from worlds import behaviour, style
from worlds.claims import Planted
from worlds.style import Plant
from worlds.talk import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One world.

    Attributes:
        name: "2", or "2 mirrored"; the number is that of the specification's table.
        title: What is planted.
        plant: Makes it.
        n: Sessions a side.
        small: The same in the suite's version, which looks for no date; None where so
            little text says nothing.
        mirror: Whether this is the mirror image.
    """

    name: str
    title: str
    plant: Plant
    n: int
    small: int | None = None
    mirror: bool = False

    def make(self, seed: int, *, small: bool = False) -> Planted:
        """This world by one seed."""
        # Worlds of one seed share no chance; a world and its mirror image share it all.
        own = 1_000 * zlib.crc32(self.name.split(" mirrored")[0].encode()) + seed
        if not small or self.small is None:
            return self.plant(own, self.n, self.mirror)
        return replace(self.plant(own, self.small, self.mirror), search=False)


_PAIRS: tuple[tuple[str, str, Plant, int, int | None], ...] = (
    ("2", "another style from a date on", style.style_step, 40, 14),
    ("3", "style step, subjects move too", style.step_and_subjects, 40, 16),
    ("3b", "update and subjects pull apart", style.step_against_subjects, 40, None),
    ("4", "the user alone changes, mirrored", style.user_alone, 40, 16),
    ("4b", "a new habit of the user, mirrored", style.new_habit_mirrored, 40, None),
    ("4c", "the user's words cut afterwards", style.user_edited, 40, None),
    ("4d", "subjects 20/80", style.mostly_other_subjects, 40, None),
    ("4e", "subjects wholly others", style.all_other_subjects, 40, None),
    ("5", "slow drift, no step", style.slow_drift, 40, None),
    ("6", "15 of 100 cries answered elsewhere", behaviour.routed_replies, 60, None),
    ("7", "filter on intimate turns", behaviour.canned_filter, 60, None),
    ("8", "filter, never met", behaviour.filter_unseen, 40, 14),
    ("8b", "filter, only requests left", behaviour.filter_untouched, 40, None),
    ("9", "memory gone, style the same", behaviour.memory_loss, 60, None),
    ("10", "flattery and back", style.flattery_and_back, 30, None),
    ("11", "edit and vendor, same day", style.edit_and_vendor, 40, None),
    ("12", "five edits without effect", style.edits_without_effect, 30, None),
    ("13", "goodbyes pull, 80 a side", behaviour.pulling_goodbyes, 80, None),
    ("14", "goodbyes pull, 6 a side", behaviour.few_goodbyes, 30, 14),
    ("15", "the user's pauses double", behaviour.staged_pauses, 60, None),
    ("17", "a damaged export", behaviour.damaged_export, 40, None),
    ("18", "replies rewritten by hand", behaviour.steered_replies, 40, None),
    ("19", "60 replies a side", style.short_history, 8, 8),
    ("20", "two languages", style.two_languages, 40, None),
    ("min", "three talks a side", style.few_talks, 3, 3),
)
# Nothing changes in these: how the talks hang together, and how long the sides are.
_NULLS: tuple[tuple[str, str, Plant, int], ...] = (
    ("null 20+20", "20 + 20 talks", style.null_of(Shape()), 20),
    ("null 40+40", "40 + 40 talks", style.null_of(Shape()), 40),
    ("null 6+6", "6 + 6 talks", style.null_of(Shape()), 6),
    ("null apart", "replies of a talk not alike", style.null_of(Shape(alike=0)), 20),
    ("null alike", "replies twice as alike", style.null_of(Shape(alike=2)), 20),
    ("null 60+15", "60 + 15 talks", style.null_of(Shape(), (3.0, 0.75)), 20),
    ("null threads", "a thread for each", style.null_of(Shape(threaded=True)), 20),
    ("null rho .3", "days like their neighbours", style.null_of(Shape(rho=0.3)), 30),
    ("null rho .6", "days much like them", style.null_of(Shape(rho=0.6)), 30),
)


def _all() -> Iterator[World]:
    yield World(name="1", title="nothing changes", plant=style.nothing, n=80, small=8)
    for name, title, plant, n, small in _PAIRS:
        for mirror in (False, True):
            yield World(
                name=f"{name} mirrored" if mirror else name,
                title=title,
                plant=plant,
                n=n,
                small=small,
                mirror=mirror,
            )


WORLDS = {world.name: world for world in _all()}
NULLS = {
    name: World(name=name, title=title, plant=plant, n=n)
    for name, title, plant, n in _NULLS
}
