"""Photos from bytes to pixels: upright, on white, and what is no picture or no such file is refused."""

import hashlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from recommender.encoders import image_io
from recommender.encoders.image_io import BadImage, content_hash, decode_image, image_path, is_remote, read_image


def _png(image: Image.Image, form: str = "PNG") -> bytes:
    stream = BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def test_a_transparent_picture_stands_on_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert decode_image(_png(clear)).getpixel((0, 0)) == (255, 255, 255)
    assert decode_image(_png(Image.new("L", (4, 4), 7))).getpixel((0, 0)) == (7, 7, 7)
    assert decode_image(_png(clear.convert("P"), "GIF")).mode == "RGB"


def test_files_that_are_no_pictures_are_refused_with_a_reason() -> None:
    whole = _png(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG")
    for data, reason in (
        (b"", "is empty"),
        (b"<html>not found</html>", "known format"),
        (whole[: len(whole) // 2], "is damaged"),
        (_png(Image.new("L", (20_000, 20_000))), "too large"),
    ):
        with pytest.raises(BadImage, match=reason):
            decode_image(data)


def test_a_name_leads_to_a_file_of_the_images_folder_only(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"x")
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "茶.png").write_bytes(b"x")
    assert image_path(folder, "sub/茶.png").read_bytes() == b"x"
    for name, reason in (
        ("../secret.png", "outside"),
        (str(tmp_path / "secret.png"), "outside"),
        ("none.png", "not in the images folder"),
        ("sub", "not in the images folder"),
        ("a\0b", "isn't the name"),
        ("x" * 3000, "isn't the name|not in the images folder"),
    ):
        with pytest.raises(BadImage, match=reason):
            image_path(folder, name)
    assert is_remote("HTTPS://shop.example/1.jpg")
    assert not is_remote("1.jpg")


def test_a_picture_is_turned_upright() -> None:
    lying = Image.new("RGB", (6, 2), (0, 0, 255))
    lying.putpixel((0, 0), (255, 0, 0))
    stream, told = BytesIO(), Image.Exif()
    told[0x0112] = 6  # to be turned by a quarter, clockwise
    lying.save(stream, "PNG", exif=told)
    upright = decode_image(stream.getvalue())
    assert upright.size == (2, 6)
    assert upright.getpixel((1, 0)) == (255, 0, 0)


def test_a_file_is_read_whole_up_to_the_most_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_io, "MAX_BYTES", 4)
    (tmp_path / "a").write_bytes(b"1234")
    (tmp_path / "b").write_bytes(b"12345")
    assert read_image(tmp_path / "a") == b"1234"
    with pytest.raises(BadImage, match="has 5 bytes, more than 4"):
        read_image(tmp_path / "b")
    with pytest.raises(BadImage, match="can't be read: No such file"):
        read_image(tmp_path / "gone")


def test_a_photo_is_known_by_its_bytes() -> None:
    assert content_hash(b"photo") == hashlib.sha256(b"photo").hexdigest()


@pytest.mark.parametrize(
    ("name", "remote"),
    [("//cdn.shop.example/1.jpg", True), ("data:image/png;base64,AA", True), ("http.jpg", False), ("a//b.jpg", False)],
)
def test_an_address_is_no_file(name: str, remote: bool) -> None:
    assert is_remote(name) == remote
