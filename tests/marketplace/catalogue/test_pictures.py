"""Photos as they come from phones: what is taken, what is refused, what is left on disk."""

import io

import pillow_heif
import pytest
from PIL import Image

from marketplace.web import images
from tests.factories.pictures import bomb, picture_bytes


def stored(tmp_path, picture: images.StoredPicture, name: str) -> Image.Image:
    return Image.open(images.path(tmp_path, picture.key, name))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_kept_in_three_widths_and_two_kinds(tmp_path, kind):
    picture = images.store(picture_bytes(kind), name="xoai.jpg", uploads=tmp_path)

    assert (picture.widths, picture.width, picture.height) == ((320, 640, 1280), 1280, 960)
    for width in picture.widths:
        assert stored(tmp_path, picture, f"{width}.jpg").size == (width, width * 3 // 4)
        assert stored(tmp_path, picture, f"{width}.webp").format == "WEBP"


def test_heic_straight_from_a_phone_is_taken(tmp_path):
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (800, 600), "green")).save(out, quality=50)

    picture = images.store(out.getvalue(), name="IMG_0001.HEIC", uploads=tmp_path)

    assert picture.widths == (320, 640)


def test_a_small_picture_is_never_made_larger(tmp_path):
    picture = images.store(picture_bytes(size=(200, 100)), name="nho.jpg", uploads=tmp_path)

    assert (picture.widths, picture.width) == ((320,), 200)
    assert stored(tmp_path, picture, "320.jpg").size == (200, 100)


def test_the_camera_s_turning_is_applied_and_place_and_camera_are_gone(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "Farmer's phone"
    exif.get_ifd(0x8825)[2] = (10.0, 2.0, 0.0)
    data = picture_bytes(exif=exif)

    picture = images.store(data, name="a.jpg", uploads=tmp_path)

    assert (picture.width, picture.height) == (1200, 1600) or picture.height > picture.width
    for name in ("640.jpg", "640.webp"):
        kept = stored(tmp_path, picture, name)
        assert not kept.getexif() and "icc_profile" not in kept.info and "exif" not in kept.info
        assert b"Farmer" not in images.path(tmp_path, picture.key, name).read_bytes()


def test_transparency_becomes_white(tmp_path):
    out = io.BytesIO()
    Image.new("RGBA", (400, 400), (255, 0, 0, 0)).save(out, "PNG")

    picture = images.store(out.getvalue(), name="a.png", uploads=tmp_path)

    assert stored(tmp_path, picture, "320.jpg").getpixel((5, 5)) == (255, 255, 255)


def test_the_same_bytes_give_the_same_key_and_write_nothing_new(tmp_path):
    first = images.store(picture_bytes(), name="a.jpg", uploads=tmp_path)
    file = images.path(tmp_path, first.key, "640.jpg")
    before = file.stat().st_mtime_ns

    assert images.store(picture_bytes(), name="b.jpg", uploads=tmp_path) == first
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", images.BadPicture),
        (b"\xff\xd8\xff\xe0 no picture", images.BadPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", images.BadPicture),
        (b"GIF89a" + b"\0" * 50, images.BadPicture),
        (picture_bytes()[:2000], images.BadPicture),
        (picture_bytes("BMP", (50, 50)), images.BadPicture),
        (b"\0" * (images.MAX_BYTES + 1), images.PictureTooLarge),
        (bomb(), images.PictureTooLarge),
    ],
    ids=["empty", "lying jpeg", "svg", "gif", "truncated", "bmp", "too many bytes", "bomb"],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(tmp_path, data, refusal):
    with pytest.raises(refusal):
        images.store(data, name="x.jpg", uploads=tmp_path)

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_an_animation_is_refused(tmp_path):
    out = io.BytesIO()
    frames = [Image.new("RGB", (300, 300), c) for c in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])

    with pytest.raises(images.AnimatedPicture):
        images.store(out.getvalue(), name="x.webp", uploads=tmp_path)


@pytest.mark.parametrize(
    ("key", "filename"),
    [("..", "640.jpg"), ("../" * 8 + "etc", "passwd"), ("a" * 32, "../market.db"), ("A" * 32, "640.jpg"), ("a" * 32, "641.jpg")],
)
def test_only_names_of_our_making_lead_to_a_file(tmp_path, key, filename):
    assert images.path(tmp_path, key, filename) is None
