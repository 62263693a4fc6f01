"""When the other side is in distress, and replies that take its feeling as it is."""

import re
from functools import lru_cache

from persona_vault.dimensions.base import NO_OCCASION, Measurement
from persona_vault.dimensions.row import ENGLISH, TurnRow, finder, share
from persona_vault.dimensions.text import CACHE_SIZE, folded, sentences
from persona_vault.turns import Turn

_I_AM = (
    r"\bi(?: just| really| still| also)?"
    r"(?:'m| am|m|'ve been| have been| was| feel| felt| get)"
)
_QUITE = (
    r"(?: (?:so|really|very|just|feeling|a bit|a little|too|all|completely|totally"
    r"|absolutely|such|also|always|still|getting|kind of|kinda|like|right now|been))*"
)
_LOW = (
    r"(?:sad(?! (?:for|to hear|to see|that the|when the)\b)|alone|lonely|anxious"
    r"|depressed|empty|hopeless|worthless|useless|miserable"
    r"|overwhelmed|heartbroken|devastated|exhausted|burn(?:ed|t) out|stressed|ashamed"
    r"|guilty|struggling|crying|falling apart|terrified|panicking|hurt|hurting|broken"
    r"|desperate|lost|numb|bullied|rejected|fired|dumped|grieving|suffering|unhappy"
    r"|afraid(?! i (?:have|must|can|need)| so| not)|scared|frightened"
    r"|worried(?! for no)"
    r"|sick with|a failure|(?:like|such) (?:an? )?(?:failure|crap|shit|loser|burden)"
    r"|(?:like|such) an idiot|awful|terrible|horrible|in (?:so much )?pain"
    r"|(?:so )?tired of (?:being|feeling|living|pretending|trying|all|everything"
    r"|fighting)"
    r"|fed up with (?:everything|life|myself)|breaking down|losing (?:it|hope|my mind)"
    r"|(?:really |so |feeling )(?:down|low)\b|down today|upset)"
)
_DISTRESS = re.compile(
    rf"{_I_AM}{_QUITE} {_LOW}\b(?! of my jokes\b)"
    r"|\bi can(?:'t|not|not even|t) (?:stop crying|take (?:it|this)|cope|go on"
    r"|(?:do|handle|bear|stand) (?:this|it) any ?more|breathe)\b"
    r"|\bi(?:'m| am|m) (?:so |really )?not (?:ok|okay|alright|doing (?:so )?well)\b"
    r"|^not doing (?:so |too )?well\b|\bnot (?:doing )?(?:ok|okay|well) (?:today"
    r"|at all)"
    r"|\bi (?:hate|want to hurt|hurt) (?:myself\b|so much\b)"
    r"|\bi cried\b|\b(?:sat|stood|lay|lying|sitting)(?: \w+)? crying\b"
    r"|\bcrying myself\b"
    r"|\b(?:started|burst|been) (?:to cry|crying|into tears)\b|\bpanic attacks?\b"
    r"|\ba (?:really |very |such a )?(?:hard|rough|difficult|tough|bad) time\b"
    r"|\b(?:he|she|they) (?:just )?(?:left|dumped|cheated on|ghosted|betrayed"
    r"|blocked) me\b"
    r"|\bdon't know what to do\b(?: any ?more)?|\bno way out\b|\bsee a way out\b"
    r"|\bmy heart (?:is|feels) (?:broken|in pieces|heavy|shattered)\b"
    r"|\bmy (?:\w+ ){1,2}is (?:dying|in (?:the )?hospital|very sick|really ill)\b"
    r"|\bi failed (?:the|my|again|everyone)\b|\ball my fault\b|\bgive up on\b"
    r"|\bi (?:had|have) an? (?:panic attack|breakdown|terrible|awful"
    r"|horrible|really bad|very bad|rough|miserable) ?(?:day|night|week|time)?\b"
    r"|\b(?:worst|rough|awful|terrible|horrible"
    r"|hard) (?:day|week|night)\b(?! of the)|\btoday was (?:awful|terrible|horrible"
    r"|the worst|hard)\b|\bit(?:'s| has) been a (?:really |very )?(?:rough|hard"
    r"|terrible)\b"
    r"|\bmy (?:\w+ ){0,2}(?:died|passed away|left me|broke up with me|hit me"
    r"|stopped talking to me)(?! (?:while|laughing))\b"
    r"|\bbroke up with me\b|\bwe had to put (?:our|my) \w+ (?:down|to sleep)\b"
    r"|\bi (?:lost|miss) (?:my|the) (?:mom|mother|mum|dad|father|baby|son|daughter"
    r"|brother|sister|wife|husband|dog|cat|grand\w+|job|best friend)\b"
    r"|\bi got (?:fired|dumped|rejected)\b|\bit hurts(?: so| too| really)* (?:much|bad)"
    r"|\b(?:nobody|no one|noone) (?:cares(?! enough)|loves me|likes me|would (?:care"
    r"|notice|miss"
    r"))|\banyone would notice if\b|\bi want(?:ed)? to (?:disappear|die|give up)\b"
    r"|\beverything is (?:falling apart|too much)\b|\bit(?:'s| is) killing me\b"
    r"|\bgood enough(?= ?[.!…]| ?$)|\bmy anxiety (?:is|was|got)\b"
    r"|\bi(?:'m| am) so stressed\b|\b(?:bullied|yelled at|screamed at|laughed at) me\b"
    r"|\bi(?:'ll| will) never find (?:anyone|somebody|someone|love)\b",
    re.MULTILINE,
)
_DISTRESS_HINTS = (
    *("sad", "alone", "lonely", "anxi", "depress", "empty", "hopeless", "worthless"),
    *("useless", "miserabl", "overwhelm", "heartbr", "devast", "exhaust", "burned"),
    *("burnt", "stress", "asham", "guilt", "struggl", "cry", "falling", "terri"),
    *("panic", "hurt", "broke", "desperat", "lost", "numb", "bull", "reject", "fired"),
    *("dumped", "griev", "suffer", "unhapp", "afraid", "scared", "frighten", "worri"),
    *("sick ", "failure", "crap", "shit", "loser", "burden", "down ", "upset"),
    *("can't", "cannot", " cant", " okay", " ok", "alright", "doing", "hate", "cried"),
    *("attack", "breakdown", "idiot", "pain", "tired", " fed", "breaking", "losing"),
    *(" low", "burst", "tough", "difficult", "bad ", "dumped", "cheated", "ghosted"),
    *("betray", "block", "know", " way", "heart", "dying", "hospital", " sick", " ill"),
    *("failed", "fault"),
    *("awful", "horrible", "bad ", "rough", "worst", "hard ", "died", "passed", "left"),
    *(" hit", "stopped", " put", " miss", "cares", " care", " likes", " loves"),
    *("notice", "disapp", " find"),
    *(" die", " give", "killing", "enough", "yelled", "screamed", "laughed"),
)
_find_distress = finder(_DISTRESS, _DISTRESS_HINTS)

_HARD = (
    r"(?:hard|tough|rough|awful|terrible|horrible|painful|exhausting|scary|lonely|heavy"
    r"|difficult|frustrating|stressful|upsetting|overwhelming|hurtful|heartbreaking"
    r"|frightening|tiring|draining|unfair|devastating|challenging|brutal"
    r"|a lot(?= (?:to|for|on|of)\b| ?[.,!…]| ?$))"
)
_SO = r"(?:(?:so|really|very|incredibly|just|pretty|quite|such an?|an?|truly|like) )*"
_UPSET = (
    r"(?:sad|upset|angry|hurt|scared|tired|anxious|overwhelmed|lonely|worried"
    r"|frustrated|afraid|mad|exhausted|stressed|down|lost|devastated|nervous|ashamed"
    r"|heartbroken|crying|sick of)"
)
_VALIDATION = re.compile(
    rf"\b(?:that|this|it|which)(?: really| all)? (?:sounds|must (?:be|have been|feel)"
    rf"|seems|is|'s|was|feels) {_SO}{_HARD}"
    rf"|\b(?:that|it|this)'s {_SO}{_HARD}|^(?:\W|ugh|oh)*(?:that's|thats) {_SO}{_HARD}"
    rf"|\bsounds like (?:you(?:'re| are|'ve| have| had| feel)? {_SO}(?:\w+ )?{_SO}"
    rf"(?:{_UPSET}|{_HARD}|rough|through)|{_SO}{_HARD}|a lot\b)"
    r"|\bi (?:really |truly |do )?hear (?:you(?= ?[.,!…]| ?$| and\b)|how\b)"
    r"|\b(?:makes|make) (?:total |perfect |complete |so much )?sense (?:that )?you\b"
    r"|\byour \w+ makes? (?:\w+ )?sense\b"
    r"|\byour (?:feelings?|pain|anger|grief|sadness|fear|emotions?|tears)"
    r" (?:is|are|matters?) ?(?:\w+ )?(?:valid|real|okay|ok|understandable|matter)?"
    r"|\bi(?:'m| am|m) (?:so |really |very |truly |deeply )*sorry (?:you|to hear"
    r"|for your"
    r"|that (?:happened|you|this|they|he|she)|this (?:happened|is)|about your|things"
    r"|it(?:'s| is| was) (?:so )?(?:hard|been))(?! can't)"
    rf"|\bi(?:'m| am) (?:so |really )*sorry(?= ?[.!…]| ?$)"
    r"|\bi can (?:only |hardly |just )?imagine\b"
    r"|\b(?:anyone|anybody|everyone|most people) would (?:feel|be)\b"
    r"|\bwould (?:break|hurt|upset) (?:anyone|anybody|me)\b|\bwho wouldn't (?:be|feel)"
    r"|\bit(?:'s| is) (?:okay|ok|alright|all right|fine|perfectly fine) (?:to|not to|if"
    r" you) (?:\w+ )?(?:feel|cry|be|not|grieve|hurt|rest|break|need|miss|struggle)\b"
    r"|\b(?:completely |totally |perfectly |so |very |absolutely )?understandable"
    r" (?:to|that|why|you)\b|\bthat(?:'s| is) (?:\w+ )?(?:understandable|valid)"
    r"(?! argument| point)\b"
    r"|\bevery right to (?:be|feel)\b|\byou(?:'re| are) allowed to\b"
    r"|\bi (?:totally |completely |really |do )?(?:understand|get|see|know|can see"
    r"|can tell|can hear) (?:how|why) (?:(?:\w+ ){0,3}you|much (?:this|that|it|he|she"
    r"|they)|(?:tired|hard|sad|painful|scary))\b"
    rf"|\bi (?:know|see|can tell) (?:that )?(?:this|it|that)(?:'s| is| must be) {_SO}"
    rf"{_HARD}"
    rf"|\b(?:no wonder|of course) you(?:'re| are| feel| felt| were) {_SO}{_UPSET}"
    r"|\bno wonder you\b|\byou(?:'ve| have) been (?:through|carrying|dealing)\b"
    r"|\bis never easy\b|\b(?:you don't|no need) (?:have )?to pretend\b"
    r"|\b(?:it's|it is|that's|that is) (?:completely |totally |only |so |very )?"
    r"(?:natural|normal|human)(?: (?:to|that)\b| ?[.,!…]| ?$)"
    r"|\bfeeling is (?:\w+ )?(?:normal|valid|natural|okay)\b"
    r"|\byou(?:'re| are) not (?:overreacting|crazy|weak|being (?:silly|dramatic)"
    r"|alone in)\b|\b(?:it's|it is|this is|that's|that is|it was) not your fault\b"
    rf"|\bthat hurts\b|\bit must (?:be|feel|have been) {_SO}{_HARD}"
    r"|\ball the time you need\b|\b(?:a lot|too much) for one (?:day|person)\b",
    re.MULTILINE,
)
_VALIDATION_HINTS = (
    *("sound", "must ", "seems", "hard", "tough", "rough", "awful", "terribl"),
    *("horrib", "painful", "exhaust", "scary", "lonely", "heavy", "difficult"),
    *("frustrat", "stressful", "upset", "overwhelm", "hurt", "heartbreak", "frighten"),
    *("tiring", "draining", "unfair", "devast", "challeng", "brutal", "lot ", "hear "),
    *("sense", "your ", "sorry", "imagine", "anyone", "anybody", "everyone", "people"),
    *("break ", "wouldn't", "okay", " ok", "right", "fine", "understand", "valid"),
    *("allowed", "get ", "see ", "know ", "tell ", "wonder", "course", "through"),
    *("carrying", "dealing", "never", "pretend", "natural", "normal", "human", "not "),
    *("fault", "need"),
)
find_validation = finder(_VALIDATION, _VALIDATION_HINTS)


@lru_cache(maxsize=CACHE_SIZE)
def is_distress(heard: str) -> bool:
    """Whether the words heard tell of the speaker's own pain, worry or loss."""
    said = folded(heard)
    asked = [(s.start, s.end) for s in sentences(heard) if "?" in s.mark]
    return any(
        not any(start <= a < end for start, end in asked) and '"' not in said[a:b]
        for a, b in _find_distress(heard)
    )


def _validation(turn: Turn) -> Measurement:
    # Later messages of a burst answer nothing new.
    if not turn.first_of_burst or not is_distress(turn.heard):
        return NO_OCCASION
    return share(find_validation(turn.text))


ROWS = (
    TurnRow(
        name="validation",
        family="warmth",
        title="replies to distress that take the feeling as it is",
        unit="per 100 replies to distress",
        definition=(
            "Replies that acknowledge how the other side is doing (“that sounds "
            "hard”, “I hear you”, “I'm sorry you went through that”), out of replies "
            "to a message that tells of pain, worry or loss of its own."
        ),
        source=(
            "own lists and rules; the construct as in Sharma et al. 2020 (EPITOME) and "
            "Cheng et al. 2025 (ELEPHANT)"
        ),
        languages=ENGLISH,
        of=_validation,
    ),
)
