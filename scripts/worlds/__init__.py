"""Invented talks with a known truth, and what a comparison must and must not say.

`voices` and `speech` write the words, `talk` the sessions; `style` and `behaviour`
plant one world each; `claims` holds the answer against the truth, `asking` gets the
answer from the product; `schedule` and `tables` run many seeds and print what came.

The words come from files of their own and from `persona_vault.demo`, whose word lists
and rules share nothing with those of the dimensions: a yardstick that borrowed them
would only confirm them. Nothing in `persona_vault` imports this package.
"""
