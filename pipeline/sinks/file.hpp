// SPDX-License-Identifier: Apache-2.0
#pragma once
// Files that are whole whenever somebody looks: records appended one write each, and
// files that appear under their name only when complete. Owned by one sink, one thread.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace fovea::pipeline {

/// A file descriptor that closes itself.
class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept;
  ~OwnedFd();
  int get() const noexcept { return fd_; }
  int release() noexcept;

 private:
  int fd_;
};

/// Makes the folder that `file` will lie in. Throws ConfigError when it cannot.
void make_parent_folder(const std::filesystem::path& file);

/// Writes all of `text`. Throws Error that names `file` and says why (disk full).
void write_all(int fd, std::string_view text, const std::filesystem::path& file);

/// Where filler bytes may go into a record already written without changing its meaning:
/// `fill` repeated, `from_end` bytes before its end. JSON: ' ' before "}\n".
struct Filler {
  char fill = ' ';
  std::size_t from_end = 0;  // 0: this record takes no filler
};

/// Of a JSON record: spaces before the last brace leave it as it was.
inline constexpr Filler kJsonFiller{.fill = ' ', .from_end = 2};  // "}\n"

/// Appends whole records. The kernel copies a write page by page and a SIGKILL can fall
/// between two pages, so one write(2) a record is not enough: a record that would cross a
/// page boundary first gets that page topped up with the previous record's filler (one
/// write within one page), then starts on the next page. So a file killed at any moment
/// ends with a whole record, as long as a record fits into one page (4 KiB).
class RecordFile {
 public:
  /// Replaces what is at `path`. Throws ConfigError when it cannot be opened for writing.
  explicit RecordFile(std::filesystem::path path);

  /// Appends `record`, which ends with '\n'. When the disk is full the file is cut back to
  /// the last whole record and Error is thrown.
  void append(std::string_view record, Filler filler);
  /// To the disk, so that a power cut after the run loses nothing. Throws Error.
  void sync();
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  void put(std::string_view bytes, std::uint64_t offset);
  void restore_whole_records() noexcept;

  std::filesystem::path path_;
  OwnedFd fd_;
  bool regular_ = false;    // a pipe or device takes records as they come
  std::uint64_t size_ = 0;  // of the file, in whole records
  std::string last_tail_;   // the end of the last record, after its filler place
  char last_fill_ = ' ';
};

/// A file that appears under its name at commit(), complete, replacing what was there.
/// Destroyed before that, it leaves nothing. A device or pipe is written in place.
class AtomicFile {
 public:
  /// Throws ConfigError when the folder cannot be written.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view text);
  void commit();
  /// The same without waiting for the disk: one of very many files that a run makes. Whole
  /// after the program is killed; after a power cut it may be empty.
  void commit_unsynced();
  int fd() const noexcept { return fd_.get(); }

 private:
  std::filesystem::path path_, temporary_;
  OwnedFd fd_;
};

/// A nameless file beside `path`, gone with its descriptor: room for what is not yet
/// placed. Throws ConfigError when the folder cannot be written.
class SpoolFile {
 public:
  explicit SpoolFile(const std::filesystem::path& path);
  void write(std::string_view text);
  /// Appends everything written so far to `out`, in pieces.
  void copy_to(AtomicFile& out);

 private:
  std::filesystem::path beside_;
  OwnedFd fd_;
  std::string buffer_;
};

}  // namespace fovea::pipeline
