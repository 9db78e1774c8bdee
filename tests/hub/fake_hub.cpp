// SPDX-License-Identifier: Apache-2.0
#include "tests/hub/fake_hub.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "pipeline/hub/git_blob.hpp"
#include "vision/checkpoint/sha256.hpp"

namespace fovea::testing_support {
namespace {

constexpr std::size_t kChunk = 8192;
const std::string kRepository = "/org/name";

}  // namespace

std::string sha256_of(const std::string& content) {
  vision::Sha256 hash;
  hash.update(std::as_bytes(std::span(content)));
  return hash.hex();
}

FakeHub::FakeHub()
    : storage_([this](const auto& request, const auto& send) { answer_storage(request, send); }),
      hub_([this](const auto& request, const auto& send) { answer_hub(request, send); }) {
  endpoint_ = hub_.url();
}

void FakeHub::put(const std::string& path, HubFile file) {
  const std::lock_guard lock(mutex_);
  if (file.large) by_hash_[sha256_of(file.content)] = path;
  files_[path] = std::move(file);
}

void FakeHub::put_tiny_model(std::size_t weight_bytes) {
  auto entries = tiny_entries();
  if (weight_bytes > 0) {
    std::string filler(weight_bytes, '\0');
    for (std::size_t i = 0; i < filler.size(); ++i) filler[i] = static_cast<char>(i * i >> 7);
    entries.push_back({"vit.embeddings.position_ids",
                       "U8",
                       {static_cast<std::int64_t>(filler.size())},
                       std::move(filler)});
  }
  put("config.json", {std::string(kTinyConfig)});
  put("preprocessor_config.json", {R"({"size":8})"});
  put("README.md", {"---\nlicense: mit\n---\n"});
  put("tf_model.h5", {"never asked for", true});
  put("model.safetensors", {safetensors_bytes(entries), true});
}

void FakeHub::fail(const std::string& part, Fault fault, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) faults_.emplace_back(part, fault);
}

std::vector<FakeHub::Record> FakeHub::records() const {
  const std::lock_guard lock(mutex_);
  return records_;
}

std::vector<ServedRequest> FakeHub::gets(const std::string& part) const {
  std::vector<ServedRequest> out;
  for (const Record& record : records()) {
    if (record.request.method == "GET" && record.request.target.find(part) != std::string::npos) {
      out.push_back(record.request);
    }
  }
  return out;
}

Fault FakeHub::next_fault(const std::string& target) {
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(faults_.begin(), faults_.end(), [&](const auto& entry) {
    return target.find(entry.first) != std::string::npos;
  });
  if (at == faults_.end()) return {};
  Fault fault = at->second;
  faults_.erase(at);
  return fault;
}

std::string FakeHub::listing() const {
  std::string siblings;
  for (const auto& [path, file] : files_) {
    siblings += fmt::format(R"({}{{"rfilename":"{}"}})", siblings.empty() ? "" : ",", path);
  }
  return fmt::format(R"({{"id":"org/name","sha":"{}","siblings":[{}]}})", kCommit, siblings);
}

void FakeHub::answer_hub(const ServedRequest& request, const HttpServer::Send& send) {
  {
    const std::lock_guard lock(mutex_);
    records_.push_back({false, request});
  }
  const Fault fault = next_fault(request.target);
  if (fault.status != 0) {
    send(answer_head(fault.status, 0, fault.headers));
    return;
  }
  if (!token_.empty() && request.header("authorization") != "Bearer " + token_) {
    send(answer_head(request.has_token() ? 403 : 401, 0, "X-Error-Code: GatedRepo\r\n"));
    return;
  }
  const std::string api = "/api/models" + kRepository + "/revision/";
  if (request.target.starts_with(api)) {
    const std::lock_guard lock(mutex_);
    if (!revisions_.contains(request.target.substr(api.size()))) {
      send(answer_head(404, 0, "X-Error-Code: RevisionNotFound\r\n"));
      return;
    }
    const std::string body = listing();
    send(answer_head(200, body.size()) + body);
    return;
  }
  const std::string resolve = kRepository + "/resolve/" + kCommit + "/";
  HubFile file;
  {
    const std::lock_guard lock(mutex_);
    const auto at = request.target.starts_with(resolve)
                        ? files_.find(request.target.substr(resolve.size()))
                        : files_.end();
    if (at == files_.end()) {
      send(answer_head(404, 0, "X-Error-Code: RepoNotFound\r\n"));
      return;
    }
    file = at->second;
  }
  const std::string commit = fmt::format("X-Repo-Commit: {}\r\n", kCommit);
  if (file.large) {
    const std::string hash = sha256_of(file.content);
    send(answer_head(302, 0,
                     commit + fmt::format("X-Linked-Size: {}\r\nX-Linked-Etag: \"{}\"\r\n"
                                          "Location: {}/blob/{}?signature=secret\r\n",
                                          false_size.value_or(std::to_string(file.content.size())),
                                          false_etag.value_or(hash), storage_.url(), hash)));
    return;
  }
  const std::string id = pipeline::git_blob_id(std::as_bytes(std::span(file.content)));
  send_body(file, request, send, commit + fmt::format("ETag: \"{}\"\r\n", id), fault);
}

void FakeHub::answer_storage(const ServedRequest& request, const HttpServer::Send& send) {
  HubFile file;
  {
    const std::lock_guard lock(mutex_);
    records_.push_back({true, request});
    const std::string prefix = "/blob/";
    const auto at = by_hash_.find(
        request.target.substr(prefix.size(), request.target.find('?') - prefix.size()));
    if (at == by_hash_.end()) {
      send(answer_head(404, 0));
      return;
    }
    file = files_.at(at->second);
  }
  send_body(file, request, send, "", next_fault(request.target));
}

void FakeHub::send_body(const HubFile& file, const ServedRequest& request,
                        const HttpServer::Send& send, const std::string& headers,
                        const Fault& fault) {
  if (fault.status != 0) {
    send(answer_head(fault.status, 0, fault.headers));
    return;
  }
  std::string body = fault.content.empty() ? file.content : fault.content;
  const std::string range = request.header("range");
  std::string head = answer_head(200, body.size(), headers);
  if (range.starts_with("bytes=") && !fault.no_range) {
    const std::size_t total = body.size(), first = std::stoul(range.substr(6));
    if (first >= total) {
      send(answer_head(416, 0));
      return;
    }
    body.erase(0, first);
    head = answer_head(
        206, body.size(),
        headers + fmt::format("Content-Range: bytes {}-{}/{}\r\n", first, total - 1, total));
  }
  if (!send(head) || request.method == "HEAD") return;
  std::size_t left = fault.cut_after < 0
                         ? body.size()
                         : std::min(body.size(), static_cast<std::size_t>(fault.cut_after));
  for (std::size_t at = 0; left > 0;) {
    const std::size_t part = std::min(left, kChunk);
    for (int waited = 0; waited < fault.pause_ms && !stopping_; waited += 10) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (!send(std::string_view(body).substr(at, part))) return;
    at += part;
    left -= part;
  }
}

}  // namespace fovea::testing_support
