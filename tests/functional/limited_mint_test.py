"""The fifty customers of faltering_mint_test.py, the last ten of whom meet a mint that limits its rate.

A mint that answers 429 is left alone for a minute and asked slowly from then on, so this takes two and a half.
"""

import faltering_mint_test

SLOW = True
SECONDS_MAX = 420


def run(world):
    faltering_mint_test.run(world, is_limited=True)
