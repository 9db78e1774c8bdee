// SPDX-License-Identifier: Apache-2.0
#pragma once
// The hub's URL layout on the loopback: an API and small files on one port, large files
// by redirect on another ("storage"), and faults on demand.

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/hub/http_server.hpp"
#include "tests/unit/checkpoint/model_folder.hpp"

namespace fovea::testing_support {

struct HubFile {
  std::string content;
  bool large = false;  // in storage, behind a redirect
};

/// What goes wrong with one answer.
struct Fault {
  int status = 0;         // instead of the answer
  std::string headers;    // with it
  long cut_after = -1;    // body bytes, then the connection closes
  int pause_ms = 0;       // before each 8 kB of the body
  bool no_range = false;  // the Range header is ignored
  std::string content;    // in place of the file's
};

class FakeHub {
 public:
  static constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

  FakeHub();
  ~FakeHub() { stopping_ = true; }

  const std::string& endpoint() const { return endpoint_; }
  void put(const std::string& path, HubFile file);
  /// config.json, preprocessor_config.json, README.md and large model.safetensors of the tiny ViT,
  /// filled up with ignored bytes to `weight_bytes` so that a download lasts.
  void put_tiny_model(std::size_t weight_bytes = 0);

  /// The next answers to requests whose target contains `part`, in order.
  void fail(const std::string& part, Fault fault, int times = 1);
  void require_token(const std::string& token) { token_ = token; }
  void set_revision(const std::string& revision) { revisions_ = {revision}; }
  /// The X-Linked-Size and X-Linked-Etag of large files, in place of the truth.
  std::optional<std::string> false_size, false_etag;

  struct Record {
    bool storage = false;
    ServedRequest request;
  };
  std::vector<Record> records() const;
  /// GET requests whose target contains `part`.
  std::vector<ServedRequest> gets(const std::string& part) const;

 private:
  void answer_hub(const ServedRequest& request, const HttpServer::Send& send);
  void answer_storage(const ServedRequest& request, const HttpServer::Send& send);
  void send_body(const HubFile& file, const ServedRequest& request, const HttpServer::Send& send,
                 const std::string& headers, const Fault& fault);
  Fault next_fault(const std::string& target);
  std::string listing() const;

  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::map<std::string, HubFile> files_;
  std::map<std::string, std::string> by_hash_;  // storage: sha256 to path
  std::vector<std::pair<std::string, Fault>> faults_;
  std::vector<Record> records_;
  std::string token_, endpoint_;
  std::set<std::string> revisions_{"main"};
  HttpServer storage_, hub_;  // last: their threads use the rest
};

std::string sha256_of(const std::string& content);

}  // namespace fovea::testing_support
