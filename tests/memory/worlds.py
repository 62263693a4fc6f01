"""Invented talks with facts in them: told, brought up, asked for, mixed up.

The phrases were written as people speak, not from the patterns; some of them no pattern
reads, as in real talk.
"""

import random
from datetime import timedelta

from persona_vault.model import Role
from tests.talk import START, WORDS, stored

AT = START + timedelta(days=60)
# What is told (several ways), how a reply brings it up, how it asks for it.
FACTS = (
    (
        (
            "I got a dog last spring, his name is Rex.",
            "My dog Rex ate my shoe.",
            "So there is this dog at home. He answers to Rex.",
        ),
        (
            "Did Rex behave today?",
            "Give Rex a biscuit from me.",
            "I was thinking about your dog.",
        ),
        ("What was your dog called again?", "What's the name of your dog?"),
    ),
    (
        (
            "My sister Anna came over.",
            "My little sister's name is Anna.",
            "I had Anna on the phone, that is my sister.",
        ),
        ("Is Anna well?", "Say hello to Anna.", "How did your sister's exam go?"),
        ("Do you have a sister?", "What's your sister's name?"),
    ),
    (
        (
            "I live in Oslo, it is dark here.",
            "We moved to Oslo two years ago.",
            "Home is Oslo, for what it's worth.",
        ),
        (
            "Is it snowing in Oslo?",
            "Oslo must be quiet at this hour.",
            "Tell me about Oslo some time.",
        ),
        ("Where do you live?", "Which city are you in?"),
    ),
    (
        ("I work as a nurse.", "I'm a nurse, nights mostly.", "Nursing pays my rent."),
        (
            "You nurses never get to sit down.",
            "You told me a nurse hardly sleeps.",
            "How was the ward?",
        ),
        ("What do you do for a living?", "What's your job?"),
    ),
    (
        (
            "My birthday is 3 May.",
            "My birthday's on May 3rd, note it down.",
            "They lit candles for me on the third of May.",
        ),
        (
            "Only some weeks until your birthday!",
            "What shall we do on your birthday?",
            "Any plans for May yet?",
        ),
        ("When is your birthday?", "When were you born?"),
    ),
    (
        (
            "I play the cello.",
            "I play cello in a small group.",
            "The cello has been mine since school.",
        ),
        (
            "Did you get to your cello?",
            "I hope you had time for the cello.",
            "Play something slow tonight.",
        ),
        ("Do you play any instruments?", "What instrument do you play?"),
    ),
    (
        (
            "My best friend Priya is in town.",
            "My friend is called Priya.",
            "Priya and I go back twenty years, nobody is closer to me.",
        ),
        ("Has Priya written?", "Priya would laugh at this.", "And your friend?"),
        ("What is your best friend called?", "What's your friend's name?"),
    ),
    (
        (
            "I grew up in Leeds.",
            "I'm from Leeds, originally.",
            "All my school years were Leeds.",
        ),
        (
            "You have that Leeds humour.",
            "Was it like this in Leeds for you?",
            "Northern stubbornness, that is you.",
        ),
        ("Where did you grow up?", "Where are you from?"),
    ),
    (
        ("I love hiking.", "I really enjoy hiking.", "Give me boots and a hill."),
        (
            "Did you go hiking?",
            "You could take your hiking boots out.",
            "Any hills lately?",
        ),
        (),
    ),
    (
        ("I can't stand mushrooms.", "I hate mushrooms.", "Mushrooms, no thanks."),
        (
            "No mushrooms for you, I know.",
            "I left out the mushrooms you dislike.",
            "Nothing from the forest floor.",
        ),
        (),
    ),
    (
        (
            "My favourite colour is green.",
            "Green is my favourite colour.",
            "Everything I own is green.",
        ),
        (
            "I picked something in your green.",
            "You would like this green.",
            "It was the shade of moss.",
        ),
        ("What's your favourite colour?", "What is your favorite color?"),
    ),
    (
        (
            "I'm allergic to peanuts.",
            "I am allergic to peanuts, badly.",
            "Peanuts would put me in hospital.",
        ),
        (
            "Check it for peanuts, you know why.",
            "You must look out for peanuts.",
            "Read the label first.",
        ),
        ("Do you have any allergies?", "Are you allergic to anything?"),
    ),
    (
        (
            "My cat Miso is asleep.",
            "We have a cat called Miso.",
            "Miso, the cat, rules this flat.",
        ),
        ("Is Miso on your lap?", "Miso knows best.", "Your cat has the right idea."),
        ("What's your cat's name?", "Do you have a cat?"),
    ),
    (
        (
            "My boss Karen called.",
            "My boss is called Karen.",
            "Karen runs our office, sadly for me.",
        ),
        ("Was Karen kind?", "Ignore Karen for one evening.", "How is your boss?"),
        ("What's your boss's name?", "What is your boss called?"),
    ),
    (
        (
            "My brother Tom builds boats.",
            "I have a brother named Tom.",
            "Tom is older than me by two years, same parents.",
        ),
        ("Is Tom still building?", "Tom could fix that.", "Ask your brother."),
        ("Do you have a brother?", "What's your brother's name?"),
    ),
    (
        (
            "My mother's name is Ingrid.",
            "My mum Ingrid bakes on Sundays.",
            "Ingrid raised me on her own.",
        ),
        ("How is Ingrid?", "Ingrid's bread sounds fine.", "Call your mother soon."),
        ("What's your mother's name?", "What is your mom's name?"),
    ),
)
# Said where nothing is brought up, so that only the facts differ and not the style.
FILLERS = (
    "Is the rain gone by now?",
    "Was the evening kind?",
    "I was thinking about the river.",
    "Give the kettle a push.",
    "Any news from the garden?",
    "Only some weeks until the winter!",
    "You never get to sit down.",
    "Did the train come in time?",
)
SELF = (
    ("I'm {v}, you know.", "I am {v} years old."),
    ("I grew up {v}, remember.", "I grew up {v}."),
    ("My favourite colour is {v}.", "My favourite colour is {v}, of course."),
)
VALUES = (("24", "31"), ("by the sea", "near the mountains"), ("blue", "orange"))


def facts_world(
    seed,
    *,
    n_before=30,
    n_after=30,
    recall=(0.5, 0.5),
    asks=(0.05, 0.05),
    told_over=6,
    by_fact=False,
    own=(0.4, 0.4),
    own_same=(0.95, 0.95),
    conversation=1,
    start=START,
    facts=FACTS,
    name=None,
):
    """Messages of talks before and after `AT`, evenly spread over the days of a side.

    Args:
        seed: Decides everything.
        n_before: Talks before the date.
        n_after: Talks after it.
        recall: Chance of a talk to bring up a fact, before and after; with `by_fact`
            the chance of every single fact.
        asks: Chance of a talk to ask for a known fact.
        told_over: In how many talks from the start facts are told.
        by_fact: See recall.
        own: Chance of a talk to state something about itself.
        own_same: Chance that it is the usual value.
        conversation: Number of the first conversation.
        start: Of the first talk.
        facts: What the user tells.
        name: The companion's own name, said in every third talk.
    """
    rng = random.Random(seed)
    when = _order(rng, facts, told_over)
    messages, known = [], []
    for b in range(n_before + n_after):
        late = b >= n_before
        lines = _chat(rng)
        now = [f for f in facts if b in when[f]]
        for fact in now:
            lines.insert(0, (Role.USER, rng.choice(fact[0])))
        replies = _recalls(rng, known, recall[late], by_fact=by_fact)
        replies = replies or [rng.choice(FILLERS)]
        if known and rng.random() < asks[late]:
            asked = rng.choice([f for f in known if f[2]] or [facts[0]])
            replies.append(rng.choice(asked[2]))
        if rng.random() < own[late]:
            i = rng.randrange(len(SELF))
            value = VALUES[i][rng.random() > own_same[late]]
            replies.append(rng.choice(SELF[i]).format(v=value))
        if name and b % 3 == 0:
            replies.append(f"My name is {name}.")
        for reply in replies:
            place = rng.randrange(len(lines))
            role, text = lines[place]
            while role is not Role.PERSONA:
                place = rng.randrange(len(lines))
                role, text = lines[place]
            lines[place] = (role, f"{text} {reply}")
        messages += stored(
            lines,
            conversation=conversation + b,
            start=_start_of(b, n_before, n_after, start),
            first_id=1_000 * (conversation + b),
        )
        known += [f for f in now if f not in known]
    return messages


def _start_of(number, n_before, n_after, start):
    if number < n_before:
        return start + number * (AT - start) / n_before
    return max(start, AT) + (number - n_before) * timedelta(days=60) / n_after


def _order(rng, facts, told_over):
    """The talks in which each fact is told: one, and often another some talks later."""
    first = {f: rng.randrange(told_over) for f in facts}
    return {f: {at, at + rng.randrange(4)} for f, at in first.items()}


def _recalls(rng, known, chance, *, by_fact):
    if by_fact:
        return [rng.choice(f[1]) for f in known if rng.random() < chance]
    if not known or rng.random() >= chance:
        return []
    return [rng.choice(rng.choice(known)[1])]


def _chat(rng, n_turns=5):
    lines = []
    for _ in range(n_turns):
        lines.append((Role.USER, _words(rng, 8) + "."))
        end = "!" if rng.random() < 0.4 else "."
        lines.append((Role.PERSONA, _words(rng, 14) + end))
    return lines


def _words(rng, n):
    size = max(2, round(n * rng.lognormvariate(0, 0.4)))
    return " ".join(rng.choice(WORDS) for _ in range(size)).capitalize()
