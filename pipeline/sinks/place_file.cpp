// SPDX-License-Identifier: Apache-2.0
#include "pipeline/sinks/place_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/sinks/file.hpp"
#include "pipeline/sinks/text.hpp"

namespace fovea::pipeline {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kPiece = 1 << 16;

[[noreturn]] void throw_place_error(const fs::path& from, const fs::path& to, int error) {
  throw Error(fmt::format("cannot sort a picture: {}", std::strerror(error)),
              printable(from.string()) + " -> " + printable(to.string()),
              error == ENOSPC
                  ? "make room on that disk; the original is untouched"
                  : "check that both folders may be written; the original is untouched");
}

// "cat.jpg", "cat-2.jpg", "cat-3.jpg" ...
fs::path numbered(const fs::path& folder, const fs::path& name, int attempt) {
  if (attempt == 1) return folder / name;
  return folder / (name.stem().string() + fmt::format("-{}", attempt) + name.extension().string());
}

// Tries `place` under one name after another. It returns 0, or EEXIST for the next name.
// `same` may say that what holds the name is already what is wanted.
fs::path under_free_name(const fs::path& file, const fs::path& folder,
                         const std::function<int(const fs::path&)>& place,
                         const std::function<bool(const fs::path&)>& same) {
  for (int attempt = 1;; ++attempt) {
    const fs::path target = numbered(folder, file.filename(), attempt);
    const int error = place(target);
    if (error == 0) return target;
    if (error != EEXIST) throw_place_error(file, target, error);
    if (same(target)) return target;
  }
}

// Gives `from` the name `to` only if that name is free. 0 or errno.
int rename_no_replace(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // This file system has no such rename: a hard link is as exclusive.
  if (::link(from.c_str(), to.c_str()) == 0) return ::unlink(from.c_str()) == 0 ? 0 : errno;
  if (errno != EPERM && errno != EOPNOTSUPP) return errno;
  std::error_code ignored;
  if (fs::symlink_status(to, ignored).type() != fs::file_type::not_found) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

bool same_bytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (!fs::is_regular_file(a, error) || !fs::is_regular_file(b, error)) return false;
  if (fs::file_size(a, error) != fs::file_size(b, error) || error) return false;
  const OwnedFd fd_a(::open(a.c_str(), O_RDONLY | O_CLOEXEC));
  const OwnedFd fd_b(::open(b.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kPiece> piece_a{};
  std::array<char, kPiece> piece_b{};
  for (;;) {
    const ssize_t got_a = ::read(fd_a.get(), piece_a.data(), kPiece);
    const ssize_t got_b = ::read(fd_b.get(), piece_b.data(), kPiece);
    if (got_a != got_b || got_a < 0) return false;
    if (got_a == 0) return true;
    if (!std::equal(piece_a.begin(), piece_a.begin() + got_a, piece_b.begin())) return false;
  }
}

// A synced copy of `file` in `folder` that removes itself unless it gets its final name.
class HiddenCopy {
 public:
  HiddenCopy(const fs::path& file, const fs::path& folder)
      : path_(folder / fmt::format(".fovea-copy-{}.tmp", static_cast<int>(::getpid()))) {
    const OwnedFd in(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (in.get() < 0 || ::fstat(in.get(), &status) != 0) throw_place_error(file, folder, errno);
    ::unlink(path_.c_str());  // left by a killed run
    const OwnedFd out(
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0777));
    if (out.get() < 0) throw_place_error(file, folder, errno);
    try {
      copy_bytes(in.get(), out.get(), file);
      const timespec times[2] = {status.st_atim, status.st_mtim};
      // Not every file system keeps times; the bytes are what counts.
      [[maybe_unused]] const int kept = ::futimens(out.get(), times);
      if (::fsync(out.get()) != 0) throw_place_error(file, path_, errno);
    } catch (...) {
      ::unlink(path_.c_str());
      throw;
    }
  }
  ~HiddenCopy() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  HiddenCopy(const HiddenCopy&) = delete;
  HiddenCopy& operator=(const HiddenCopy&) = delete;

  int appear_as(const fs::path& target) {
    const int error = rename_no_replace(path_, target);
    if (error == 0) path_.clear();
    return error;
  }

 private:
  void copy_bytes(int in, int out, const fs::path& file) const {
    std::array<char, kPiece> piece{};
    for (;;) {
      const ssize_t got = ::read(in, piece.data(), piece.size());
      if (got == 0) return;
      if (got < 0) throw_place_error(file, path_, errno);
      write_all(out, {piece.data(), static_cast<std::size_t>(got)}, path_);
    }
  }

  fs::path path_;
};

fs::path link_into(const fs::path& file, const fs::path& folder) {
  // From the folder's real place: a relative target is read from there.
  const fs::path target =
      fs::absolute(file).lexically_normal().lexically_relative(fs::canonical(folder));
  return under_free_name(
      file, folder,
      [&](const fs::path& name) {
        return ::symlink(target.c_str(), name.c_str()) == 0 ? 0 : errno;
      },
      [&](const fs::path& name) {
        std::error_code error;
        return fs::read_symlink(name, error) == target;
      });
}

fs::path copy_into(const fs::path& file, const fs::path& folder) {
  HiddenCopy copy(file, folder);
  return under_free_name(
      file, folder, [&](const fs::path& name) { return copy.appear_as(name); },
      [&](const fs::path& name) { return same_bytes(file, name); });
}

fs::path move_into(const fs::path& file, const fs::path& folder) {
  bool other_file_system = false;
  const auto never_same = [](const fs::path&) { return false; };
  if (fs::is_symlink(file)) {
    // A relative link means something else elsewhere: the link is made anew, then removed.
    const fs::path placed = link_into(fs::canonical(file), folder);
    fs::remove(file);
    return placed;
  }
  const fs::path placed = under_free_name(
      file, folder,
      [&](const fs::path& name) {
        const int error = rename_no_replace(file, name);
        other_file_system = error == EXDEV;
        return other_file_system ? 0 : error;
      },
      never_same);
  return other_file_system ? move_by_copy(file, folder) : placed;
}

}  // namespace

fs::path move_by_copy(const fs::path& file, const fs::path& folder) {
  fs::path placed;
  {
    HiddenCopy copy(file, folder);
    placed = under_free_name(
        file, folder, [&](const fs::path& name) { return copy.appear_as(name); },
        [](const fs::path&) { return false; });
  }
  // The new name must be on the disk before the old one goes.
  const OwnedFd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) {
    throw_place_error(file, folder, errno);
  }
  if (::unlink(file.c_str()) != 0) throw_place_error(file, placed, errno);
  return placed;
}

fs::path place_file(const fs::path& file, const fs::path& folder, SortMode mode) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw_place_error(file, folder, error.value());
  try {
    switch (mode) {
      case SortMode::link:
        return link_into(file, folder);
      case SortMode::copy:
        return copy_into(file, folder);
      case SortMode::move:
        return move_into(file, folder);
    }
  } catch (const fs::filesystem_error& failed) {
    throw_place_error(file, folder, failed.code().value());
  }
  return {};
}

}  // namespace fovea::pipeline
