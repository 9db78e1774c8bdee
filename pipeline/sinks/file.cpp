// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/file.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kFileMode = 0666;  // less the user's umask
constexpr std::size_t kSpoolBuffer = 1 << 16;

std::string fix_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "make room on that disk, or write elsewhere with -o";
    case EFBIG:
      return "raise the file size limit (ulimit -f), or write elsewhere with -o";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder you may write to, or change its permissions";
    default:
      return "check the disk and the path, or write elsewhere with -o";
  }
}

std::string reason_for(int error) {
  if (error == ENOSPC || error == EDQUOT) return "the disk is full";
  return std::strerror(error);
}

[[noreturn]] void throw_write_error(const fs::path& file, int error) {
  throw Error("cannot write results: " + reason_for(error), printable(file.string()),
              fix_for(error));
}

[[noreturn]] void throw_open_error(const fs::path& file, int error) {
  throw ConfigError("cannot open the output for writing: " + reason_for(error),
                    printable(file.string()), fix_for(error));
}

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// Hidden, beside `path`, and different for every file of every process.
fs::path temporary_name(const fs::path& path) {
  static std::atomic<unsigned> counter{0};
  return folder_of(path) /
         fmt::format(".fovea-{}-{}.tmp", static_cast<int>(::getpid()), counter.fetch_add(1));
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.release();
  }
  return *this;
}

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

int OwnedFd::release() noexcept { return std::exchange(fd_, -1); }

void make_parent_folder(const fs::path& file) {
  std::error_code error;
  fs::create_directories(folder_of(file), error);
  if (error) {
    throw ConfigError("cannot make the output folder: " + reason_for(error.value()),
                      printable(folder_of(file).string()), fix_for(error.value()));
  }
}

void write_all(int fd, std::string_view text, const fs::path& file) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_write_error(file, errno);
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

RecordFile::RecordFile(fs::path path) : path_(std::move(path)) {
  make_parent_folder(path_);
  fd_ = OwnedFd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (fd_.get() < 0) throw_open_error(path_, errno);
  struct stat status {};
  regular_ = ::fstat(fd_.get(), &status) == 0 && S_ISREG(status.st_mode);
}

void RecordFile::put(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      const int error = errno;
      restore_whole_records();
      throw_write_error(path_, error);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

// Cuts the file back to its whole records and repairs a tail that filler had begun to
// replace. The disk already refused once, so neither call can be insisted on.
void RecordFile::restore_whole_records() noexcept {
  const auto end = static_cast<off_t>(size_);
  const auto tail = static_cast<off_t>(last_tail_.size());
  if (::ftruncate(fd_.get(), end) != 0) return;
  [[maybe_unused]] const ssize_t repaired =
      ::pwrite(fd_.get(), last_tail_.data(), last_tail_.size(), end - tail);
}

void RecordFile::append(std::string_view record, Filler filler) {
  if (!regular_) {
    write_all(fd_.get(), record, path_);
    return;
  }
  const std::size_t page = page_bytes();
  const std::size_t used = size_ % page;  // in the page that is being filled
  const bool crosses = used + record.size() > page;
  const bool tail_in_page = !last_tail_.empty() && used >= last_tail_.size();
  if (crosses && record.size() <= page && tail_in_page) {
    const std::string topped = std::string(page - used, last_fill_) + last_tail_;
    put(topped, size_ - last_tail_.size());
    size_ += page - used;
  }
  put(record, size_);
  size_ += record.size();
  last_tail_ = record.substr(record.size() - filler.from_end);
  last_fill_ = filler.fill;
}

void RecordFile::sync() {
  if (regular_ && ::fsync(fd_.get()) != 0) throw_write_error(path_, errno);
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)) {
  make_parent_folder(path_);
  if (fs::is_symlink(path_)) path_ = fs::weakly_canonical(path_);
  // A rename would replace a device or pipe by a file; those are written in place.
  const bool in_place = fs::exists(path_) && !fs::is_regular_file(path_);
  if (!in_place) temporary_ = temporary_name(path_);
  const fs::path& target = in_place ? path_ : temporary_;
  fd_ = OwnedFd(::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kFileMode));
  if (fd_.get() < 0) throw_open_error(path_, errno);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view text) { write_all(fd_.get(), text, path_); }

void AtomicFile::commit() {
  if (!temporary_.empty() && ::fsync(fd_.get()) != 0) throw_write_error(path_, errno);
  commit_unsynced();
}

void AtomicFile::commit_unsynced() {
  if (temporary_.empty()) return;
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) throw_write_error(path_, errno);
  temporary_.clear();
}

SpoolFile::SpoolFile(const fs::path& path) : beside_(path) {
  make_parent_folder(path);
  const fs::path name = temporary_name(path);
  fd_ = OwnedFd(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd_.get() < 0) throw_open_error(path, errno);
  ::unlink(name.c_str());
}

void SpoolFile::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() < kSpoolBuffer) return;
  write_all(fd_.get(), buffer_, beside_);
  buffer_.clear();
}

void SpoolFile::copy_to(AtomicFile& out) {
  write_all(fd_.get(), buffer_, beside_);
  buffer_.clear();
  std::array<char, kSpoolBuffer> piece{};
  off_t offset = 0;
  for (;;) {
    const ssize_t got = ::pread(fd_.get(), piece.data(), piece.size(), offset);
    if (got == 0) return;
    if (got < 0) {
      if (errno == EINTR) continue;
      throw_write_error(beside_, errno);
    }
    out.write({piece.data(), static_cast<std::size_t>(got)});
    offset += got;
  }
}

}  // namespace fovea::pipeline
