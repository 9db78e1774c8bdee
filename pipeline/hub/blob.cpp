// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/blob.hpp"

#include <cerrno>
#include <cstring>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/hub/git_blob.hpp"
#include "vision/checkpoint/mapped_file.hpp"
#include "vision/checkpoint/sha256.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;

class FileDescriptor {
 public:
  FileDescriptor(const fs::path& path, int flags) : path_(path) {
    fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd_ < 0) fail("open");
  }
  ~FileDescriptor() { ::close(fd_); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  int get() const { return fd_; }
  [[noreturn]] void fail(const char* verb) const {
    const int reason = errno;
    throw ModelError(
        fmt::format("cannot {} a file of the model cache: {}", verb, std::strerror(reason)),
        path_.string(),
        reason == ENOSPC || reason == EDQUOT
            ? "free some disk space, or set HF_HUB_CACHE to a folder on a larger "
              "disk; what was downloaded is kept"
            : "check that you may write there, or set HF_HUB_CACHE to another "
              "folder");
  }

 private:
  fs::path path_;
  int fd_ = -1;
};

/// The growing "<etag>.incomplete".
class GrowingFile {
 public:
  explicit GrowingFile(const fs::path& path) : file_(path, O_WRONLY | O_CREAT) {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) file_.fail("examine");
    size_ = static_cast<std::uint64_t>(status.st_size);
    if (::lseek(file_.get(), 0, SEEK_END) < 0) file_.fail("examine");
  }
  std::uint64_t size() const { return size_; }
  void clear() {
    if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0) {
      file_.fail("truncate");
    }
    size_ = 0;
  }
  void append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) file_.fail("write");
      size_ += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void sync() {
    if (::fsync(file_.get()) != 0) file_.fail("write");
  }

 private:
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

/// Held while one blob is written; a killed process lets go of it by itself.
class BlobLock {
 public:
  explicit BlobLock(const fs::path& path) : file_(path, O_RDWR | O_CREAT) {
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
    throw ModelError("another process is downloading the same file", path.string(),
                     "wait for it to finish, then run the command again");
  }

 private:
  FileDescriptor file_;
};

bool is_hex(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Large files' ETags are sha256, others git's ids; a mirror's own ETag says nothing.
bool content_matches(const fs::path& path, const std::string& etag) {
  const vision::MappedFile file(path);
  if (is_hex(etag, 64)) {
    vision::Sha256 hash;
    hash.update(file.bytes());
    return hash.hex() == etag;
  }
  return !is_hex(etag, 40) || git_blob_id(file.bytes()) == etag;
}

/// Where a 206 answer begins: "bytes 100-199/200".
bool continues_at(const HttpResponse& response, std::uint64_t offset) {
  return response.header("content-range").starts_with(fmt::format("bytes {}-", offset));
}

void check_space(const fs::path& folder, std::uint64_t needed, const std::string& path) {
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || needed <= space.available) return;
  throw ModelError(fmt::format("{} needs {} MB more, the disk has {} MB", path, needed / 1'000'000,
                               space.available / 1'000'000),
                   folder.string(),
                   "free some disk space, or set HF_HUB_CACHE to a folder on a larger disk");
}

/// Brings `out` to the file's size, from where it stands.
std::uint64_t download(HubClient& hub, const RemoteFile& file, GrowingFile& out,
                       const BlobProgress& progress) {
  std::uint64_t received = 0;
  bool first_bytes = false;
  const auto make = [&] {
    first_bytes = true;
    HttpRequest request;
    request.url = file.url;
    request.headers = {"Accept-Encoding: identity"};
    if (out.size() > 0) request.headers.push_back(fmt::format("Range: bytes={}-", out.size()));
    request.on_body = [&](const HttpResponse& response, std::span<const std::byte> bytes) {
      // A server that ignores Range sends the file from its beginning.
      if (first_bytes && (response.status != 206 || !continues_at(response, out.size()))) {
        out.clear();
      }
      first_bytes = false;
      if (file.size && out.size() + bytes.size() > *file.size) {
        throw ModelError(
            fmt::format("{} is longer than the {} bytes the hub promised", file.path, *file.size),
            printable_url(file.url), "try again later, or use another revision");
      }
      out.append(bytes);
      received += bytes.size();
      progress(out.size(), file.size.value_or(0));
    };
    return request;
  };
  hub.send(make, HubClient::Redirects::all, file.path);
  if (file.size && out.size() != *file.size) {
    throw ModelError(
        fmt::format("{} is {} bytes, the hub promised {}", file.path, out.size(), *file.size),
        printable_url(file.url), "run the command again");
  }
  return received;
}

}  // namespace

RemoteFile probe(HubClient& hub, const std::string& repository, const std::string& commit,
                 const std::string& path) {
  RemoteFile file;
  file.path = path;
  file.url = fmt::format("{}/{}/resolve/{}/{}", hub.endpoint(), repository, commit,
                         percent_encode_segment(path));
  const auto make = [&] {
    HttpRequest request;
    request.url = file.url;
    request.head = true;
    // Without this the length would be that of a compressed answer.
    request.headers = {"Accept-Encoding: identity"};
    return request;
  };
  const HttpResponse answer = hub.send(make, HubClient::Redirects::own_origin, path);
  file.etag = answer.header("x-linked-etag");
  if (file.etag.empty()) file.etag = answer.header("etag");
  if (file.etag.starts_with("W/")) file.etag.erase(0, 2);
  std::erase(file.etag, '"');
  std::string size = answer.header("x-linked-size");
  if (size.empty() && answer.status == 200) size = answer.header("content-length");
  if (!size.empty() && size.size() <= 15 &&
      size.find_first_not_of("0123456789") == std::string::npos) {
    file.size = std::stoull(size);
  }
  const bool plain_name = !file.etag.empty() && file.etag.size() <= 128 &&
                          file.etag.front() != '.' &&
                          percent_encode_segment(file.etag) == file.etag;
  const std::string repo_commit = answer.header("x-repo-commit");
  if (!plain_name || (!repo_commit.empty() && repo_commit != commit)) {
    throw ModelError(fmt::format("the server does not say which version of {} it has", path),
                     printable_url(file.url),
                     "check HF_ENDPOINT: it must be a server that speaks the hub's protocol");
  }
  return file;
}

std::uint64_t fetch_blob(HubClient& hub, const RemoteFile& file, const BlobFolders& folders,
                         const BlobProgress& progress) {
  const fs::path blob = folders.blobs / file.etag;
  const auto is_there = [&] {
    std::error_code error;
    const auto size = fs::file_size(blob, error);
    return !error && (!file.size || size == *file.size);
  };
  if (is_there()) {
    progress(file.size.value_or(0), file.size.value_or(0));
    return 0;
  }
  const BlobLock lock(folders.locks / (file.etag + ".lock"));
  if (is_there()) return 0;  // finished by somebody between the two looks

  const fs::path incomplete = folders.blobs / (file.etag + ".incomplete");
  std::uint64_t received = 0;
  while (true) {
    GrowingFile out(incomplete);
    // Without a known size there is no telling an unfinished file from a finished one.
    if (!file.size || out.size() > *file.size) out.clear();
    const bool resumed = out.size() > 0;
    if (file.size) check_space(folders.blobs, *file.size - out.size(), file.path);
    if (!file.size || out.size() < *file.size) received += download(hub, file, out, progress);
    progress(out.size(), out.size());
    out.sync();
    if (content_matches(incomplete, file.etag)) break;
    out.clear();
    if (resumed) continue;  // the earlier part may have been the damaged one
    fs::remove(incomplete);
    throw ModelError(
        fmt::format("{} arrived damaged: its hash is not what the hub promised", file.path),
        printable_url(file.url), "run the command again");
  }
  fs::rename(incomplete, blob);
  sync_folder(folders.blobs);
  return received;
}

void sync_folder(const fs::path& folder) {
  const FileDescriptor file(folder, O_RDONLY | O_DIRECTORY);
  // Some file systems refuse to sync a folder; the rename itself has happened.
  static_cast<void>(::fsync(file.get()));
}

}  // namespace fovea::pipeline
