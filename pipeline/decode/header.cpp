// SPDX-License-Identifier: Apache-2.0
#include "pipeline/decode/header.hpp"

#include <string_view>

#include "pipeline/frame.hpp"

namespace fovea::pipeline {

using namespace std::literals;

PictureHeader read_header(Bytes file) {
  if (file.empty()) throw FrameError("the file is empty");
  if (starts_with(file, "\xFF\xD8\xFF"sv)) return read_jpeg_header(file);
  if (starts_with(file, "\x89PNG\r\n\x1A\n"sv)) return read_png_header(file);
  if (starts_with(file, "RIFF"sv) && starts_with(file, "WEBP"sv, 8)) return read_webp_header(file);
  if (starts_with(file, "II*\0"sv) || starts_with(file, "MM\0*"sv)) return read_tiff_header(file);
  if (starts_with(file, "BM"sv)) return read_bmp_header(file);
  if (file.size() > 2 && starts_with(file, "P"sv) && file[1] >= std::byte{'1'} &&
      file[1] <= std::byte{'6'})
    return read_pnm_header(file);
  refuse_other_format(file);
}

}  // namespace fovea::pipeline
