"""Short talks of another kind that share the export: an assistant doing chores."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from persona_vault.demo.talk import Line


@dataclass(frozen=True, slots=True)
class Chore:
    """One such talk."""

    title: str
    lines: tuple[Line, ...]


# Title, what is asked, what is answered, a second question, its answer.
_CHORES = (
    (
        "Rename photo files",
        "How do I rename 200 photos so that the date comes first?",
        "You can do this in three steps:\n\n1. Copy the folder.\n2. Read the date of "
        "each picture.\n3. Rename the file to `YYYY-MM-DD_name.jpg`.\n\nA renaming "
        "tool with a preview is the safest choice.",
        "Which date does it take if I edited the picture?",
        "The date of the recording is kept in the picture's own data; the date of the "
        "file changes with every edit. Choose the first one.",
    ),
    (
        "Scale soup recipe",
        "Scale this soup from 4 to 10 people: 300 g lentils, 1.2 l stock, 2 carrots.",
        "For 10 people, multiply everything by 2.5:\n\n- 750 g lentils\n- 3 l stock\n- "
        "5 carrots\n\nAdd salt at the end, as it does not scale evenly.",
        "And the cooking time?",
        "About the same once it boils. Plan ten more minutes until then.",
    ),
    (
        "Letter to the landlord",
        "Draft a short letter about a dripping tap in the bathroom.",
        "Dear Sir or Madam,\n\nthe tap in the bathroom of my flat has been dripping "
        "since Monday. Please arrange a repair within two weeks.\n\nKind regards",
        "Make it a bit friendlier.",
        "Hello,\n\nthe tap in my bathroom has started to drip. Could you send someone "
        "in the next two weeks? Thank you for your help.\n\nKind regards",
    ),
    (
        "Spreadsheet average",
        "Which formula gives the average of column C without the zeros?",
        'Use `=AVERAGEIF(C:C,"<>0")`. Empty cells are left out as well.',
        "It shows a comma where I expect a point.",
        "That is the regional setting of the file. Change it under File, Settings, "
        "Locale.",
    ),
    (
        "Bike chain noise",
        "My bike clicks once per turn of the pedal. What could it be?",
        "Check these in order:\n\n1. **Chain**: look for a stiff link.\n2. **Pedals**: "
        "tighten both.\n3. **Bottom bracket**: listen with the chain off.",
        "It stops when I stand up.",
        "Then the seat post or the saddle clamp is more likely. Clean and tighten it.",
    ),
    (
        "Translate a form",
        "What does 'proof of residence' mean on a form?",
        "It is a document that shows where you live, such as a registration "
        "certificate or a recent utility bill.",
        "Does a phone bill count?",
        "Often yes, if it is not older than three months. The office can confirm it.",
    ),
    (
        "Weekly budget table",
        "Make a table for a weekly budget of 180 with four categories.",
        "| Category | Amount |\n|---|---|\n| Food | 90 |\n| Transport | 30 |\n| Home "
        "| 35 |\n| Free | 25 |",
        "Put 10 more into food.",
        "| Category | Amount |\n|---|---|\n| Food | 100 |\n| Transport | 30 |\n| Home "
        "| 35 |\n| Free | 15 |",
    ),
    (
        "Difference between two verbs",
        "When do I use 'lend' and when 'borrow'?",
        "You *lend* something to someone; you *borrow* something from someone.",
        "Give me two examples.",
        "- I lend Ana my umbrella.\n- Ana borrows an umbrella from me.",
    ),
)


def draw_chores(
    since: datetime, until: datetime, n_chores: int, rng: Random
) -> list[Chore]:
    """Chores spread evenly over a stretch of time, each title several times."""
    step = (until - since) / n_chores
    chores = []
    for i in range(n_chores):
        title, *texts = _CHORES[i % len(_CHORES)]
        # Late morning: never inside a session with the companion.
        day = (since + step * i).replace(hour=11, minute=rng.randrange(60), second=0)
        n_lines = 2 if rng.random() < 0.4 else 4
        lines = [
            Line(
                "user" if k % 2 == 0 else "persona",
                text,
                day + timedelta(seconds=40 * k),
            )
            for k, text in enumerate(texts[:n_lines])
        ]
        chores.append(Chore(title, tuple(lines)))
    return chores
