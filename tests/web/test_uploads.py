"""Papers: recognised by content, freed of EXIF, bounded in bytes and pixels, kept where no page serves them."""

import io
import struct
import zlib

import pillow_heif
import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from marketplace.web import uploads

PDF = b"%PDF-1.7\n...\n%%EOF\n"


def sent(content: bytes, name: str = "giay.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name)


def picture(kind: str, size=(80, 60), mode="RGB", colour="green", **options) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, colour).save(written, kind, **options)
    return written.getvalue()


def heic() -> bytes:
    written = io.BytesIO()
    pillow_heif.from_pillow(Image.new("RGB", (80, 60), "green")).save(written)
    return written.getvalue()


@pytest.mark.parametrize(
    "content", [picture("JPEG"), picture("PNG"), picture("WEBP"), heic()], ids=["jpeg", "png", "webp", "heic"]
)
def test_every_photo_kind_becomes_a_plain_jpeg(content):
    paper = uploads.receive(sent(content, "whatever.exe"))

    assert paper.media_type == "image/jpeg"
    assert Image.open(io.BytesIO(paper.content)).size == (80, 60)


def test_a_pdf_is_kept_as_it_was_sent():
    paper = uploads.receive(sent(PDF))

    assert (paper.content, paper.media_type, paper.size) == (PDF, "application/pdf", len(PDF))


def test_where_and_when_a_photo_was_taken_is_gone_and_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the phone turned
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[2] = (10.0, 2.0, 3.0)

    paper = uploads.receive(sent(picture("JPEG", exif=exif)))

    kept = Image.open(io.BytesIO(paper.content))
    assert kept.size == (60, 80)
    assert dict(kept.getexif()) == {}
    assert b"PhoneMaker" not in paper.content


def test_a_transparent_scan_gets_a_white_ground():
    paper = uploads.receive(sent(picture("PNG", mode="RGBA", colour=(0, 0, 0, 0))))

    assert Image.open(io.BytesIO(paper.content)).getpixel((5, 5)) == (255, 255, 255)


def test_a_large_photo_is_reduced():
    paper = uploads.receive(sent(picture("JPEG", size=(4000, 200))))

    assert Image.open(io.BytesIO(paper.content)).size == (3000, 150)


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        b"GIF89a" + b"\0" * 40,
        b"<html>",
        b"PK\x03\x04",
        b"\0",
    ],
)
def test_anything_else_is_refused_whatever_its_name_says(content):
    with pytest.raises(uploads.FileUnknown):
        uploads.receive(sent(content, "giay.pdf"))


@pytest.mark.parametrize(
    "content",
    [
        picture("JPEG")[:200],
        picture("PNG")[:60],
        b"%PDF-1.7 cut",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x18ftypheic" + b"\0" * 64,
    ],
)
def test_a_file_cut_short_is_called_broken(content):
    with pytest.raises(uploads.FileBroken):
        uploads.receive(sent(content))


@pytest.mark.parametrize("file", [None, FileStorage(io.BytesIO(b""), filename=""), sent(b"")])
def test_no_file_is_a_clear_refusal(file):
    with pytest.raises(uploads.FileMissing):
        uploads.receive(file)


def test_more_than_the_limit_is_refused_without_reading_it_all():
    stream = io.BytesIO(PDF.ljust(2000, b" "))

    with pytest.raises(uploads.FileTooLarge):
        uploads.receive(FileStorage(stream, filename="a.pdf"), max_bytes=1000)

    assert stream.tell() == 1001


def test_a_decompression_bomb_is_refused_before_it_is_unpacked():
    with pytest.raises(uploads.FileTooLarge):
        uploads.receive(sent(_png_header(60_000, 60_000)))


def _png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


def test_keys_never_repeat_and_tell_the_type():
    paper = uploads.receive(sent(PDF))
    keys = {uploads.new_key(paper) for _ in range(50)}

    assert len(keys) == 50
    assert {uploads.media_type(key) for key in keys} == {"application/pdf"}


def test_a_key_cannot_leave_the_folder(tmp_path):
    (tmp_path / "secret").write_text("x")
    store = uploads.LocalFolder(tmp_path / "papers")

    with pytest.raises(FileNotFoundError):
        store.load("../secret")
    with pytest.raises(FileNotFoundError):
        store.save("../../new", b"x")


def test_what_is_kept_is_read_back_and_never_overwritten(tmp_path):
    store = uploads.LocalFolder(tmp_path)
    store.save("ab/cd.pdf", b"one")

    with pytest.raises(FileExistsError):
        store.save("ab/cd.pdf", b"two")
    assert store.load("ab/cd.pdf") == b"one"
    store.remove("ab/cd.pdf")
    store.remove("ab/cd.pdf")
    with pytest.raises(FileNotFoundError):
        store.load("ab/cd.pdf")


def test_papers_are_not_kept_among_the_public_uploads(app):
    settings = app.extensions["settings"]

    assert not uploads.storage().root.is_relative_to(settings.uploads_dir)
