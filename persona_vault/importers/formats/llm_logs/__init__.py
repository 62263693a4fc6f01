"""The program llm's logs."""
