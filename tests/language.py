"""The language guide as a pattern: what no generated sentence may say."""

import re

FORBIDDEN = re.compile(
    r"\b(died|dead|killed?|kills|lobotomi[sz]ed|souls?|real (her|him|them)|"
    r"(feels?|wants?|misses|remembers|loves?) you|(she|he) (feels|wants|misses)|"
    r"brought back|alive|trapped|healed|heal|addict\w*|obsess\w*|unhealthy|"
    r"delusion\w*|you should|don[’']?t worry|it will be fine|same as before|"
    r"caused by|because of|due to|proof that|proves?|just a (chatbot|program)|"
    r"better|worse|improved?|degraded?|colder|warmer|sadly|unfortunately|alarming)\b",
    re.IGNORECASE,
)
