"""`python -m persona_vault`, where the program's own name is not on the path."""

import sys

from persona_vault.cli import main

if __name__ == "__main__":
    sys.argv[0] = "persona-vault"
    main()
