// SPDX-License-Identifier: Apache-2.0
#include "vision/checkpoint/zip_reader.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "compute/error.hpp"

namespace fovea::vision {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryHeader = 0x02014b50,
                        kDirectoryEnd = 0x06054b50, kDirectoryEnd64 = 0x06064b50,
                        kDirectoryEnd64Locator = 0x07064b50;
constexpr std::size_t kLocalBytes = 30, kDirectoryBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                      kLocatorBytes = 20;
constexpr std::uint32_t kElsewhere32 = 0xffffffff;  // the value stands in the ZIP64 field
constexpr std::size_t kMaxEntries = 1 << 20;

[[noreturn]] void refuse(const MappedFile& file, const std::string& what) {
  throw ModelError("malformed zip file: " + what, file.path().string(),
                   "download the file again; weights saved by torch.save are read");
}

/// Little-endian numbers at checked places of the file.
class Bytes {
 public:
  explicit Bytes(const MappedFile& file) : file_(file), bytes_(file.bytes()) {}

  std::uint64_t size() const { return bytes_.size(); }
  std::span<const std::byte> part(std::uint64_t at, std::uint64_t count) const {
    if (at > bytes_.size() || count > bytes_.size() - at) {
      refuse(file_, fmt::format("{} bytes at {} of {}", count, at, bytes_.size()));
    }
    return bytes_.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(count));
  }
  template <typename T>
  T get(std::uint64_t at) const {
    T value;
    std::memcpy(&value, part(at, sizeof value).data(), sizeof value);
    return value;
  }
  std::uint16_t u16(std::uint64_t at) const { return get<std::uint16_t>(at); }
  std::uint32_t u32(std::uint64_t at) const { return get<std::uint32_t>(at); }
  std::uint64_t u64(std::uint64_t at) const { return get<std::uint64_t>(at); }

 private:
  const MappedFile& file_;
  std::span<const std::byte> bytes_;
};

struct Directory {
  std::uint64_t entries = 0, at = 0;
};

Directory find_directory(const MappedFile& file, const Bytes& bytes) {
  // The end record is last but for a comment of at most 65,535 bytes.
  if (bytes.size() < kEndBytes) refuse(file, "too short");
  std::uint64_t end = bytes.size() - kEndBytes;
  const std::uint64_t lowest = end > 0xffff ? end - 0xffff : 0;
  while (bytes.u32(end) != kDirectoryEnd) {
    if (end-- == lowest) refuse(file, "no end of the central directory (truncated?)");
  }
  Directory directory{bytes.u16(end + 10), bytes.u32(end + 16)};
  if (end >= kLocatorBytes && bytes.u32(end - kLocatorBytes) == kDirectoryEnd64Locator) {
    const std::uint64_t end64 = bytes.u64(end - kLocatorBytes + 8);
    bytes.part(end64, kEnd64Bytes);
    if (bytes.u32(end64) != kDirectoryEnd64) refuse(file, "no ZIP64 end record");
    directory = {bytes.u64(end64 + 32), bytes.u64(end64 + 48)};
  }
  if (directory.entries > kMaxEntries) {
    refuse(file, fmt::format("{} entries", directory.entries));
  }
  return directory;
}

struct Placed {
  ZipEntry entry;
  std::uint64_t begin = 0, end = 0;  // header and data
};

/// ZIP64's own field, in the order size, stored size, offset, each only where 0xffffffff stood.
void read_zip64(const MappedFile& file, const Bytes& bytes, std::uint64_t at, std::uint64_t end,
                std::uint64_t& size, std::uint64_t& stored, std::uint64_t& offset) {
  constexpr std::uint16_t kZip64 = 1;
  while (at + 4 <= end) {
    const std::uint64_t field_end = at + 4 + bytes.u16(at + 2);
    if (field_end > end) refuse(file, "an extra field is longer than its header says");
    if (bytes.u16(at) == kZip64) {
      at += 4;
      for (std::uint64_t* value : {&size, &stored, &offset}) {
        if (*value != kElsewhere32) continue;
        if (at + 8 > field_end) refuse(file, "a ZIP64 field is too short");
        *value = bytes.u64(at);
        at += 8;
      }
      return;
    }
    at = field_end;
  }
}

Placed read_entry(const MappedFile& file, const Bytes& bytes, std::uint64_t at,
                  std::uint64_t& next) {
  bytes.part(at, kDirectoryBytes);
  if (bytes.u32(at) != kDirectoryHeader) refuse(file, "a directory entry is damaged");
  const std::uint16_t flags = bytes.u16(at + 8), method = bytes.u16(at + 10);
  std::uint64_t stored = bytes.u32(at + 20), size = bytes.u32(at + 24), local = bytes.u32(at + 42);
  const std::uint64_t name_bytes = bytes.u16(at + 28), extra_bytes = bytes.u16(at + 30),
                      comment_bytes = bytes.u16(at + 32);
  const auto name = bytes.part(at + kDirectoryBytes, name_bytes);
  const std::uint64_t extra = at + kDirectoryBytes + name_bytes;
  next = extra + extra_bytes + comment_bytes;
  bytes.part(extra, extra_bytes + comment_bytes);
  read_zip64(file, bytes, extra, extra + extra_bytes, size, stored, local);

  Placed placed;
  placed.entry.name.assign(reinterpret_cast<const char*>(name.data()), name.size());
  if ((flags & 1) != 0) refuse(file, fmt::format("entry '{}' is encrypted", placed.entry.name));
  if (method != 0 || stored != size) {
    refuse(file, fmt::format("entry '{}' is compressed (method {}); torch.save stores its entries",
                             placed.entry.name, method));
  }
  bytes.part(local, kLocalBytes);
  if (bytes.u32(local) != kLocalHeader) {
    refuse(file,
           fmt::format("entry '{}' has no header where the directory points", placed.entry.name));
  }
  // The local header has its own lengths of name and padding.
  const std::uint64_t data = local + kLocalBytes + bytes.u16(local + 26) + bytes.u16(local + 28);
  placed.entry.bytes = bytes.part(data, size);
  placed.begin = local;
  placed.end = data + size;
  return placed;
}

}  // namespace

std::vector<ZipEntry> read_zip(const MappedFile& file) {
  const Bytes bytes(file);
  const Directory directory = find_directory(file, bytes);
  std::vector<Placed> placed;
  std::set<std::string> names;
  std::uint64_t at = directory.at;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    placed.push_back(read_entry(file, bytes, at, at));
    if (!names.insert(placed.back().entry.name).second) {
      refuse(file, fmt::format("entry '{}' appears twice", placed.back().entry.name));
    }
  }
  // Entries that share bytes are how a small file claims to be a large one.
  std::sort(placed.begin(), placed.end(),
            [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < placed.size(); ++i) {
    if (placed[i].begin < placed[i - 1].end) {
      refuse(file, fmt::format("entries '{}' and '{}' overlap", placed[i - 1].entry.name,
                               placed[i].entry.name));
    }
  }
  std::vector<ZipEntry> entries;
  entries.reserve(placed.size());
  for (Placed& each : placed) entries.push_back(std::move(each.entry));
  return entries;
}

}  // namespace fovea::vision
