"""Product photos from bytes to pixels; what can't be read is refused with a reason.

It knows files and formats, and no model. An item's `image` names a file below the images folder.
"""

import hashlib
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # pillow belongs to the extra "vision"
    from PIL.Image import Image

MAX_BYTES = 32 * 2**20
REMOTE = ("http://", "https://", "//", "data:")


class BadImage(ValueError):
    """An image that can't be used; the message says why."""


def is_remote(name: str) -> bool:
    """An address on the web, which is nobody's file here."""
    return name.lower().startswith(REMOTE)


def image_path(folder: Path, name: str) -> Path:
    """The file that `name` stands for; BadImage when it lies outside the folder or isn't there."""
    root = folder.resolve()
    try:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise BadImage(f"lies outside the images folder {root}")
        if not path.is_file():
            raise BadImage(f"is not in the images folder {root}")
    except (OSError, ValueError) as error:
        if isinstance(error, BadImage):
            raise
        raise BadImage(f"isn't the name of a file: {error}") from error
    return path


def read_image(path: Path) -> bytes:
    """The bytes of a file; BadImage where it can't be read or has more than `MAX_BYTES`."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadImage(f"has {size} bytes, more than {MAX_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise BadImage(f"can't be read: {error.strerror or error}") from error


def content_hash(data: bytes) -> str:
    """The name of a photo among embeddings: 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def decode_image(data: bytes) -> "Image":
    """The picture in RGB, upright, on white where it is transparent."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not data:
        raise BadImage("is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data)) as opened:
                return _on_white(ImageOps.exif_transpose(opened))
    except UnidentifiedImageError as error:
        raise BadImage("is no image of a known format") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage(f"is too large: {error}") from error
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise BadImage(f"is damaged: {error}") from error


def _on_white(image: "Image") -> "Image":
    from PIL import Image

    if "transparency" not in image.info and "A" not in image.getbands():
        return image.convert("RGB")
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")
