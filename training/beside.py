"""What a shop may know beside texts and events, for a training to learn from: photos.

It knows what is there and which of the ranker's columns that gives, not how any of it is used.
"""

import hashlib
from dataclasses import dataclass

from recommender.matrix import columns_with
from recommender.photos import Seen


@dataclass(frozen=True)
class Beside:
    """Each may be missing."""

    seen: Seen | None = None  # the items' photos

    @property
    def columns(self) -> tuple[str, ...]:
        """What the ranker of such a shop reads."""
        return columns_with(*(["image"] if self.seen else []))

    def digest(self) -> str:
        """Another one where anything of it is another."""
        digest = hashlib.sha256()
        if self.seen:
            digest.update(self.seen.encoder_id.encode() + self.seen.row_N.tobytes())
            digest.update(self.seen.vectors_ME.sum(axis=1).tobytes())
        return digest.hexdigest()


NOTHING = Beside()
