"""`python -m persona_vault`, where the program's own name is not on the path."""

from persona_vault.cli import main

if __name__ == "__main__":
    main()
