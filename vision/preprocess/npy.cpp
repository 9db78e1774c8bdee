// SPDX-License-Identifier: Apache-2.0
#include "vision/preprocess/npy.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

static_assert(std::endian::native == std::endian::little, ".npy files here are little-endian");

// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kPreamble = 10;  // magic, version, 16-bit header length
constexpr std::size_t kMaxValues = std::size_t{1} << 31;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& what) {
  throw ConfigError(what, path.string(), "give a .npy file of little-endian float32, row-major");
}

/// The text behind 'key': in the header's Python dictionary.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}':", key));
  if (at == std::string_view::npos) return {};
  std::string_view value = header.substr(at + key.size() + 3);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::vector<std::size_t> parse_shape(const std::filesystem::path& path, std::string_view text) {
  if (text.empty() || text.front() != '(') fail(path, "the header gives no shape");
  text = text.substr(1, text.find(')') - 1);
  std::vector<std::size_t> shape;
  std::size_t total = 1;
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == ',') {
      text.remove_prefix(1);
      continue;
    }
    std::size_t size = 0, digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 10;
         ++digits)
      size = size * 10 + static_cast<std::size_t>(text[digits] - '0');
    if (digits == 0) fail(path, "the header's shape is not a list of numbers");
    text.remove_prefix(digits);
    if (size != 0 && total > kMaxValues / size) fail(path, "the array has more than 2^31 values");
    total *= size;
    shape.push_back(size);
  }
  return shape;
}

std::size_t product(std::span<const std::size_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

}  // namespace

void write_npy(const std::filesystem::path& path, std::span<const float> values,
               std::span<const std::size_t> shape) {
  assert(product(shape) == values.size());
  std::string header = fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{}), }}",
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  // Data begins on a multiple of 64 bytes, behind spaces and a newline.
  header.append(63 - (kPreamble + header.size()) % 64, ' ');
  header.push_back('\n');

  std::filesystem::path partial = path;
  partial += ".part";
  std::ofstream file(partial, std::ios::binary);
  const auto length = static_cast<std::uint16_t>(header.size());
  file.write(kMagic.data(), static_cast<std::streamsize>(kMagic.size()));
  file.write("\x01\x00", 2);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file.write(header.data(), static_cast<std::streamsize>(header.size()));
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size_bytes()));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(partial, path, error);
  if (!file || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    throw ConfigError("the file cannot be written", path.string(),
                      "name a file in a folder you may write to, with enough room on the disk");
  }
}

NpyArray read_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(path, "the file cannot be opened");
  const std::string data{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (data.size() < kPreamble || !data.starts_with(kMagic)) fail(path, "this is no .npy file");
  if (data[6] != 1) fail(path, fmt::format("format version {} is not read", int{data[6]}));
  const std::size_t length =
      static_cast<unsigned char>(data[8]) + (std::size_t{static_cast<unsigned char>(data[9])} << 8);
  if (data.size() < kPreamble + length) fail(path, "the header is cut short");
  const std::string_view header(data.data() + kPreamble, length);

  const bool is_float = value_of(header, "descr").starts_with("'<f4'");
  if (!is_float && !value_of(header, "descr").starts_with("'|u1'"))
    fail(path, "the values are neither float32 nor bytes");
  if (!value_of(header, "fortran_order").starts_with("False"))
    fail(path, "the array is not row-major");

  NpyArray array;
  array.shape = parse_shape(path, value_of(header, "shape"));
  const std::size_t count = product(array.shape);
  const std::string_view body = std::string_view(data).substr(kPreamble + length);
  if (body.size() != count * (is_float ? sizeof(float) : 1))
    fail(path, fmt::format("shape ({}) does not fit {} bytes of data", fmt::join(array.shape, ", "),
                           body.size()));
  array.values.resize(count);
  if (is_float) {
    std::memcpy(array.values.data(), body.data(), body.size());
  } else {
    for (std::size_t i = 0; i < count; ++i)
      array.values[i] = static_cast<float>(static_cast<unsigned char>(body[i]));
  }
  return array;
}

NpyDifference compare(const NpyArray& a, const NpyArray& b) {
  if (a.shape != b.shape)
    throw ConfigError(fmt::format("the shapes ({}) and ({}) differ", fmt::join(a.shape, ", "),
                                  fmt::join(b.shape, ", ")),
                      "comparison of two arrays", "compare tensors of the same recipe");
  NpyDifference difference;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    if (std::bit_cast<std::uint32_t>(a.values[i]) == std::bit_cast<std::uint32_t>(b.values[i]))
      continue;
    ++difference.differing;
    double distance = std::abs(double{a.values[i]} - double{b.values[i]});
    if (std::isnan(distance)) distance = std::numeric_limits<double>::infinity();
    if (distance > difference.max_abs) {
      difference.max_abs = distance;
      difference.at = i;
    }
  }
  return difference;
}

}  // namespace fovea::vision
