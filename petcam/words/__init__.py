"""Words for people, by language: the catalogues in ``words/`` (docs/words.md), and what commands say of them.

Imports ``errors`` and ``system``.
"""

from petcam.words.catalogue import ENGLISH, Words
from petcam.words.terminal import explain, say

__all__ = ["ENGLISH", "Words", "explain", "say"]
