# SPDX-License-Identifier: Apache-2.0
"""Writes tests/golden/decode: small pictures of every kind, and the pixels Pillow reads from each.

    pip install numpy pillow==11.3.0
    python scripts/goldens/make_decode_goldens.py [FOLDER]

FOLDER, Pillow's test images, also writes image_formats.txt: size, orientation, hash and means of each.
NAME.EXT is the picture, NAME.npy what Fovea must make of it: [H, W, 3] bytes, upright, as Pillow's
ImageOps.exif_transpose and convert("RGB") give it. Where docs/pictures.md states another rule than
Pillow's (16 bits a sample: the high byte) the rule is applied here, by itself.
"""

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).resolve().parents[2] / "tests" / "golden" / "decode" / "data"
WIDTH, HEIGHT = 21, 13  # odd, not square: a wrong turn or stride shows


def picture(channels):
    """A smooth picture with a few hard edges, all channels different."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    planes = [
        128 + 120 * np.sin(x / 3 + y / 5),
        12 * x + 3 * y,
        255 - 17 * y + 40 * (x > 10),
        np.where((x + y) % 7 < 3, 40, 220),
    ]
    return np.clip(np.stack(planes[:channels], -1), 0, 255).astype(np.uint8)


def expected(data):
    image = Image.open(BytesIO(data))
    image.seek(0)
    image.load()
    image = ImageOps.exif_transpose(image)
    return np.asarray(image.convert("RGB"))


def write(name, data, pixels=None):
    (OUT / name).write_bytes(data)
    pixels = expected(data) if pixels is None else pixels
    np.save(OUT / (Path(name).stem + ".npy"), np.ascontiguousarray(pixels, np.uint8))


def encode(array, mode, kind, **options):
    image = Image.fromarray(array if array.shape[-1] > 1 else array[..., 0]).convert(mode)
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def exif(orientation, big_endian=False):
    order, mark = (">", b"MM\0*") if big_endian else ("<", b"II*\0")
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return b"Exif\0\0" + mark + struct.pack(order + "IH", 8, 1) + entry + struct.pack(order + "I", 0)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(bits, colour_type, rows, extra=b"", interlace=0):
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, colour_type, 0, 0, interlace)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data)
            + chunk(b"IEND", b""))


def adam7(pixels):
    """PNG's seven passes over [H, W, C] bytes, as rows."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    for y, x, step_y, step_x in passes:
        part = pixels[y::step_y, x::step_x]
        if part.size:
            yield from (row.tobytes() for row in part)


def tiff(order, fields, data):
    """An uncompressed TIFF of one strip: `fields` maps tag to a list of SHORTs or one LONG."""
    fields = {**fields, 273: None, 278: [HEIGHT], 279: len(data)}
    mark = b"II*\0" if order == "<" else b"MM\0*"
    directory, tail = b"", b""
    tail_at = 8 + 2 + 12 * len(fields) + 4
    values = {tag: value for tag, value in fields.items() if isinstance(value, list) and len(value) > 2}
    sizes = sum(2 * len(value) for value in values.values())
    for tag in sorted(fields):
        value = tail_at + sizes if tag == 273 else fields[tag]
        if isinstance(value, list) and len(value) <= 2:
            packed = struct.pack(f"{order}{len(value)}H", *value).ljust(4, b"\0")
            directory += struct.pack(order + "HHI", tag, 3, len(value)) + packed
        elif isinstance(value, list):
            directory += struct.pack(order + "HHII", tag, 3, len(value), tail_at + len(tail))
            tail += struct.pack(f"{order}{len(value)}H", *value)
        else:
            directory += struct.pack(order + "HHII", tag, 4, 1, value)
    return (mark + struct.pack(order + "IH", 8, len(fields)) + directory + struct.pack(order + "I", 0)
            + tail + data)


def tiff_fields(samples, bits, **more):
    fields = {256: [WIDTH], 257: [HEIGHT], 258: [bits] * samples, 259: [1],
              262: [1 if samples == 1 else 2], 277: [samples], 284: [1]}
    names = {"orientation": 274, "extra": 338}
    return {**fields, **{names[name]: [value] for name, value in more.items()}}


def jpegs():
    for name, options in {"jpeg_420": dict(subsampling=2), "jpeg_422": dict(subsampling=1),
                          "jpeg_444": dict(subsampling=0),
                          "jpeg_progressive": dict(progressive=True),
                          "jpeg_restarts": dict(restart_marker_blocks=1)}.items():
        write(name + ".jpg", encode(picture(3), "RGB", "JPEG", quality=88, **options))
    write("jpeg_grey.jpg", encode(picture(1), "L", "JPEG", quality=88))
    write("jpeg_cmyk.jpg", encode(picture(3), "CMYK", "JPEG", quality=95))
    for orientation in range(1, 9):
        write(f"jpeg_exif_{orientation}.jpg",
              encode(picture(3), "RGB", "JPEG", exif=exif(orientation, orientation % 2 == 0)))
    plain = encode(picture(3), "RGB", "JPEG")
    write("jpeg_trailing_bytes.jpg", plain + b"\0more", expected(plain))
    write("jpeg_named_png.png", plain)


def pngs():
    wide = picture(3).astype(np.uint16) * 256 + np.arange(WIDTH, dtype=np.uint16)[:, None] * 11
    rows16 = [row.astype(">u2").tobytes() for row in wide]
    write("png_rgb16.png", png(16, 2, rows16), wide >> 8)
    write("png_grey16.png", png(16, 0, [row[:, :1].astype(">u2").tobytes() for row in wide]),
          np.repeat(wide[..., :1] >> 8, 3, -1))
    write("png_grey.png", encode(picture(1), "L", "PNG"))
    write("png_grey_alpha.png", encode(picture(4), "LA", "PNG"))
    write("png_rgb.png", encode(picture(3), "RGB", "PNG"))
    write("png_rgba.png", encode(picture(4), "RGBA", "PNG"))
    write("png_bilevel.png", encode(picture(1), "1", "PNG"))
    small = Image.fromarray(picture(3)).quantize(13)
    for name, bits in {"png_palette4": 4, "png_palette8": 8}.items():
        stream = BytesIO()
        small.save(stream, "PNG", bits=bits, transparency=b"\0\x80\xff")
        write(name + ".png", stream.getvalue())
    grey2 = picture(1)[..., 0] >> 6
    packed = [bytes(int("".join(f"{v:02b}" for v in row).ljust(48, "0"), 2).to_bytes(6, "big")) for row in grey2]
    write("png_grey2.png", png(2, 0, packed), np.repeat(grey2[..., None] * 85, 3, -1))
    write("png_interlaced.png", png(8, 2, list(adam7(picture(3))), interlace=1))
    rgb_rows = [row.tobytes() for row in picture(3)]
    key = chunk(b"tRNS", struct.pack(">HHH", *picture(3)[3, 4]))
    write("png_colour_key.png", png(8, 2, rgb_rows, key))
    write("png_exif_6.png", png(8, 2, rgb_rows, chunk(b"eXIf", exif(6)[6:])))
    noisy = chunk(b"iCCP", b"broken\0\0" + zlib.compress(b"no profile")) + chunk(b"gAMA", struct.pack(">I", 100000))
    write("png_bad_profile.png", png(8, 2, rgb_rows, noisy), picture(3))
    stream = BytesIO()
    Image.fromarray(picture(3)).save(stream, "PNG", save_all=True, append_images=[Image.new("RGB", (WIDTH, HEIGHT))])
    write("png_animated.png", stream.getvalue())


def webps():
    write("webp_lossy.webp", encode(picture(3), "RGB", "WEBP", quality=80))
    write("webp_lossy_alpha.webp", encode(picture(4), "RGBA", "WEBP", quality=80))
    write("webp_lossless.webp", encode(picture(3), "RGB", "WEBP", lossless=True))
    write("webp_lossless_alpha.webp", encode(picture(4), "RGBA", "WEBP", lossless=True, exact=True))
    write("webp_exif_5.webp", encode(picture(3), "RGB", "WEBP", lossless=True, exif=exif(5)))
    frames = [Image.fromarray(picture(4)), Image.new("RGBA", (WIDTH, HEIGHT), (9, 8, 7, 255))]
    for name, lossless in {"webp_animated": True, "webp_animated_lossy": False}.items():
        stream = BytesIO()
        frames[0].save(stream, "WEBP", save_all=True, append_images=frames[1:], lossless=lossless, exact=True)
        write(name + ".webp", stream.getvalue())
    # A first frame that covers part of its canvas: the rest is black.
    still = encode(picture(3)[:8, :12], "RGB", "WEBP", lossless=True)[12:]
    frame = struct.pack("<I", 2)[:3] + struct.pack("<I", 1)[:3] + struct.pack("<I", 11)[:3]
    frame += struct.pack("<I", 7)[:3] + struct.pack("<I", 50)[:3] + b"\x02" + still
    canvas = struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    body += b"ANIM" + struct.pack("<I", 6) + b"\0" * 6 + b"ANMF" + struct.pack("<I", len(frame)) + frame
    write("webp_animated_offset.webp", b"RIFF" + struct.pack("<I", len(body)) + body)


def tiffs():
    for name, mode, channels in [("tiff_bilevel", "1", 1), ("tiff_grey", "L", 1), ("tiff_rgb", "RGB", 3),
                                 ("tiff_rgba", "RGBA", 4), ("tiff_cmyk", "CMYK", 3)]:
        write(name + ".tif", encode(picture(channels), mode, "TIFF"))
    write("tiff_palette.tif", encode(picture(3), "P", "TIFF"))
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        write(f"tiff_{compression.removeprefix('tiff_')}.tif", encode(picture(3), "RGB", "TIFF", compression=compression))
    for orientation in range(1, 9):
        write(f"tiff_orientation_{orientation}.tif",
              tiff("<>"[orientation % 2], tiff_fields(3, 8, orientation=orientation), picture(3).tobytes()))
    wide = picture(4).astype(np.uint16) * 256 + np.arange(WIDTH, dtype=np.uint16)[:, None] * 12
    for order, word in (("<", "little"), (">", "big")):
        write(f"tiff_grey16_{word}.tif", tiff(order, tiff_fields(1, 16), wide[..., 0].astype(order + "u2").tobytes()),
              np.repeat(wide[..., :1] >> 8, 3, -1))
        write(f"tiff_rgb16_{word}.tif", tiff(order, tiff_fields(3, 16), wide[..., :3].astype(order + "u2").tobytes()),
              wide[..., :3] >> 8)
    write("tiff_rgba16.tif", tiff("<", tiff_fields(4, 16, extra=2), wide.astype("<u2").tobytes()), wide[..., :3] >> 8)
    write("tiff_grey16_orientation_6.tif",
          tiff("<", tiff_fields(1, 16, orientation=6), wide[..., 0].astype("<u2").tobytes()),
          np.rot90(np.repeat(wide[..., :1] >> 8, 3, -1), -1))
    stream = BytesIO()
    Image.fromarray(picture(3)).save(stream, "TIFF", save_all=True, append_images=[Image.new("RGB", (5, 5))])
    write("tiff_two_pages.tif", stream.getvalue())


def plain_ones():
    for name, mode, channels in [("bmp_bilevel", "1", 1), ("bmp_palette", "P", 3), ("bmp_grey", "L", 1),
                                 ("bmp_rgb", "RGB", 3), ("bmp_rgba", "RGBA", 4)]:
        write(name + ".bmp", encode(picture(channels), mode, "BMP"))
    upside_down = bytearray(encode(picture(3), "RGB", "BMP"))
    upside_down[22:26] = struct.pack("<i", -HEIGHT)
    write("bmp_top_down.bmp", bytes(upside_down))
    for name, mode, channels in [("pnm_bitmap", "1", 1), ("pnm_grey", "L", 1), ("pnm_colour", "RGB", 3)]:
        write(name + ".pnm", encode(picture(channels), mode, "PPM"))
    numbers = " ".join(str(v) for v in picture(3).ravel())
    write("pnm_text.pnm", f"P3 # colour\n{WIDTH} {HEIGHT}\n255\n{numbers}\n".encode())
    wide = picture(3).astype(np.uint16) * 256 + 77
    write("pnm_colour16.pnm", f"P6\n{WIDTH} {HEIGHT}\n65535\n".encode() + wide.astype(">u2").tobytes(), wide >> 8)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def describe(folder):
    """One line a picture that Pillow reads and Fovea should: the golden of image_formats_test.cpp."""
    refused = {"hopper.avif", "hopper.ico", "hopper_gray_4bpp.tif"}  # docs/pictures.md
    lines = ["# name width height orientation fnv1a64 means of 4 x 4 parts, R G B"]
    for path in sorted(folder.iterdir()):
        try:
            image = Image.open(path)
            orientation = image.getexif().get(0x0112, 1)  # loading a TIFF applies and forgets it
            image.load()
        except (OSError, SyntaxError):
            continue
        if path.name in refused:
            continue
        if image.mode.startswith("I;16"):
            pixels = np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, -1)
        else:
            pixels = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        height, width = pixels.shape[:2]
        h, w = height // 4, width // 4
        means = [f"{pixels[y * h:(y + 1) * h, x * w:(x + 1) * w, c].mean():.2f}"
                 for y in range(4) for x in range(4) for c in range(3)]
        lines.append(" ".join([path.name, str(width), str(height), str(orientation),
                               f"{fnv1a(pixels.tobytes()):016x}", *means]))
    (OUT.parent / "image_formats.txt").write_text("\n".join(lines) + "\n")
    print(len(lines) - 1, "of", folder)


def main():
    if int(Image.__version__.split(".")[0]) >= 13:
        sys.exit("use Pillow 12 or earlier (pip install pillow==11.3.0)")
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    for make in (jpegs, pngs, webps, tiffs, plain_ones):
        make()
    files = list(OUT.iterdir())
    print(len(files) // 2, "pictures,", sum(f.stat().st_size for f in files), "bytes, Pillow", Image.__version__)
    if len(sys.argv) > 1:
        describe(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
