// SPDX-License-Identifier: Apache-2.0
// TIFF 6.0, first directory. What OpenCV's versions decode differently is refused by name.
#include <array>
#include <optional>
#include <string_view>

#include <fmt/core.h>

#include "pipeline/decode/header.hpp"
#include "pipeline/frame.hpp"

namespace fovea::pipeline {
namespace {

using namespace std::literals;

enum Tag : std::uint64_t {
  kImageWidth = 256,
  kImageLength = 257,
  kBitsPerSample = 258,
  kPhotometric = 262,
  kOrientation = 274,
  kSamplesPerPixel = 277,
  kPlanarConfig = 284,
  kExtraSamples = 338,
  kSampleFormat = 339,
};
enum Photometric : std::uint64_t { kMinIsBlack = 1, kRgb = 2, kLogL = 32844, kLogLuv = 32845 };

constexpr std::uint64_t kShort = 3, kLong = 4;

struct Field {
  std::uint64_t value = 0;     // the first, where there are several
  std::uint64_t value_at = 0;  // where it lies in the file
  std::uint64_t size = 0;      // its bytes
};

class Directory {
 public:
  explicit Directory(Bytes file)
      : file_(file), endian_(starts_with(file, "II"sv) ? Endian::little : Endian::big) {
    const auto at = read_uint(file, 4, 4, endian_);
    const auto entries = at ? read_uint(file, *at, 2, endian_) : std::nullopt;
    if (!entries) throw FrameError("TIFF: the file ends before its first directory");
    at_ = *at + 2;
    entries_ = *entries;
  }

  Endian endian() const { return endian_; }

  /// The field of `tag`, of type SHORT or LONG; nothing where it is absent or damaged.
  /// Throws FrameError where it occurs twice: readers disagree which one counts.
  std::optional<Field> find(Tag tag) const {
    std::optional<Field> found;
    for (std::uint64_t i = 0; i < entries_; ++i) {
      const std::uint64_t entry = at_ + 12 * i;
      if (read_uint(file_, entry, 2, endian_) != tag) continue;
      if (found)
        throw FrameError(fmt::format("TIFF: damaged, tag {} occurs twice", static_cast<int>(tag)));
      found = read(entry);
    }
    return found;
  }

  std::uint64_t value(Tag tag, std::uint64_t absent) const {
    const auto field = find(tag);
    return field ? field->value : absent;
  }

 private:
  std::optional<Field> read(std::uint64_t entry) const {
    const auto type = read_uint(file_, entry + 2, 2, endian_);
    const auto count = read_uint(file_, entry + 4, 4, endian_);
    if (!count || *count == 0 || (type != kShort && type != kLong)) return std::nullopt;
    Field field;
    field.size = type == kShort ? 2 : 4;
    field.value_at = entry + 8;
    if (*count * field.size > 4) {
      const auto elsewhere = read_uint(file_, entry + 8, 4, endian_);
      if (!elsewhere) return std::nullopt;
      field.value_at = *elsewhere;
    }
    const auto value = read_uint(file_, field.value_at, field.size, endian_);
    if (!value) return std::nullopt;
    field.value = *value;
    return field;
  }

  Bytes file_;
  Endian endian_;
  std::uint64_t at_ = 0, entries_ = 0;
};

void overwrite(std::vector<std::byte>& file, const Field& field, std::uint64_t value,
               Endian endian) {
  for (std::uint64_t i = 0; i < field.size; ++i) {
    const std::uint64_t shift = 8 * (endian == Endian::little ? i : field.size - 1 - i);
    file[field.value_at + i] = static_cast<std::byte>(value >> shift);
  }
}

/// How OpenCV is to read the samples. Throws FrameError for kinds that are not decoded.
PixelRead check_samples(const Directory& directory) {
  const std::uint64_t bits = directory.value(kBitsPerSample, 1);
  const std::uint64_t samples = directory.value(kSamplesPerPixel, 1);
  const std::uint64_t photometric = directory.value(kPhotometric, kMinIsBlack);
  if (directory.value(kSampleFormat, 1) != 1 || photometric == kLogL || photometric == kLogLuv)
    throw FrameError("TIFF: samples that are not unsigned whole numbers; convert it to 8 bits");
  if (bits == 1 || bits == 8) return PixelRead::rgb8;
  if (bits != 16)
    throw FrameError(fmt::format(
        "TIFF: {} bits a sample, where 1, 8 and 16 are decoded; convert it to 8", bits));
  const bool interleaved = samples == 1 || directory.value(kPlanarConfig, 1) == 1;
  const bool grey = photometric == kMinIsBlack && samples == 1;
  const bool colour = photometric == kRgb && (samples == 3 || samples == 4);
  if (!interleaved || (!grey && !colour))
    throw FrameError(
        "TIFF: 16 bits a sample are decoded in grey, RGB and RGBA only; convert it to 8");
  return PixelRead::stored;
}

}  // namespace

PictureHeader read_tiff_header(Bytes file) {
  const Directory directory(file);
  PictureHeader header;
  header.format = "TIFF";
  header.width = directory.value(kImageWidth, 0);
  header.height = directory.value(kImageLength, 0);
  header.read = check_samples(directory);

  const auto orientation = directory.find(kOrientation);
  const auto extra = directory.find(kExtraSamples);
  if (orientation && orientation->value >= 2 && orientation->value <= 8)
    header.orientation = static_cast<int>(orientation->value);
  if (!extra && header.orientation == 1) return header;
  header.rewritten.assign(file.begin(), file.end());
  if (orientation) overwrite(header.rewritten, *orientation, 1, directory.endian());
  // "Not said to be alpha": else libtiff multiplies colours by it.
  if (extra) overwrite(header.rewritten, *extra, 0, directory.endian());
  return header;
}

}  // namespace fovea::pipeline
