"""Statistics of blocks: pure numpy and scipy, knows no chat.

A row is a ratio of sums: numerators over denominators, summed by block. Everything is
resampled by whole blocks, never by single messages.
"""
