// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/http_server.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <mutex>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <unistd.h>

#include "compute/error.hpp"
#include "pipeline/view/listener.hpp"

namespace fovea::pipeline {
namespace {

constexpr std::size_t kStreamBlockBytes = 16 * 1024;

std::string peer_of(MHD_Connection* connection) {
  const MHD_ConnectionInfo* info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info == nullptr || info->client_addr == nullptr) return {};
  char text[INET6_ADDRSTRLEN] = {};
  const void* address = &reinterpret_cast<const sockaddr_in*>(info->client_addr)->sin_addr;
  if (info->client_addr->sa_family == AF_INET6) {
    address = &reinterpret_cast<const sockaddr_in6*>(info->client_addr)->sin6_addr;
  }
  inet_ntop(info->client_addr->sa_family, address, text, sizeof text);
  return text;
}

MHD_Result collect_header(void* request, MHD_ValueKind, const char* key, const char* value) {
  std::string name(key);
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  static_cast<ServerRequest*>(request)->headers.try_emplace(std::move(name), value ? value : "");
  return MHD_YES;
}

bool claims_more_than(const ServerRequest& request, std::size_t limit) {
  const std::string_view text = request.header("content-length");
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return !text.empty() && (error != std::errc() || length > limit);
}

}  // namespace

std::string_view ServerRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

struct HttpServer::Core {
  /// One stream under way; owned by its response, which the library frees with the connection.
  struct Flow {
    Core* core;
    MHD_Connection* connection;
    std::unique_ptr<ByteStream> bytes;
  };

  Handler handler;
  ServerLimits limits;
  Listener listener;
  MHD_Daemon* daemon = nullptr;
  std::mutex mutex;
  // Guarded by mutex:
  std::uint64_t wakes = 0;
  std::vector<MHD_Connection*> suspended;
  bool stopping = false;

  void wake(bool for_the_end = false) {
    const std::lock_guard lock(mutex);
    ++wakes;
    stopping = stopping || for_the_end;
    for (MHD_Connection* connection : suspended) MHD_resume_connection(connection);
    suspended.clear();
  }

  ssize_t read(Flow& flow, char* into, std::size_t max) {
    while (true) {
      std::uint64_t before = 0;
      {
        // Together: a stop in between would count as seen, and the stream be suspended behind it,
        // which the library does not survive.
        const std::lock_guard lock(mutex);
        if (stopping) return MHD_CONTENT_READER_END_OF_STREAM;
        before = wakes;
      }
      const std::optional<std::size_t> filled = flow.bytes->read(into, max);
      if (!filled) return MHD_CONTENT_READER_END_OF_STREAM;
      if (*filled > 0) return static_cast<ssize_t>(*filled);
      const std::lock_guard lock(mutex);
      if (wakes != before) continue;  // something came in between: it would never be woken for it
      MHD_suspend_connection(flow.connection);
      suspended.push_back(flow.connection);
      return 0;
    }
  }

  MHD_Response* response_of(MHD_Connection* connection, ServerReply& reply) {
    if (reply.stream == nullptr) {
      return MHD_create_response_from_buffer(reply.body.size(), reply.body.data(),
                                             MHD_RESPMEM_MUST_COPY);
    }
    auto flow = std::make_unique<Flow>(Flow{this, connection, std::move(reply.stream)});
    MHD_Response* response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, kStreamBlockBytes,
        [](void* it, std::uint64_t, char* into, std::size_t max) {
          auto& held = *static_cast<Flow*>(it);
          return held.core->read(held, into, max);
        },
        flow.get(), [](void* it) { delete static_cast<Flow*>(it); });
    if (response != nullptr) (void)flow.release();
    return response;
  }

  MHD_Result answer(MHD_Connection* connection, ServerReply reply) {
    MHD_Response* response = response_of(connection, reply);
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.type.c_str());
    for (const auto& [name, value] : reply.headers) {
      MHD_add_response_header(response, name.c_str(), value.c_str());
    }
    const MHD_Result result =
        MHD_queue_response(connection, static_cast<unsigned>(reply.status), response);
    MHD_destroy_response(response);
    return result;
  }

  /// The library calls it with the headers, then with each piece of the body, then at its end.
  MHD_Result on_request(MHD_Connection* connection, const char* path, const char* method,
                        const char* data, std::size_t* data_bytes, void** context) {
    auto* request = static_cast<ServerRequest*>(*context);
    if (request == nullptr) {
      request = new ServerRequest{method, path, peer_of(connection), {}, {}};
      *context = request;
      MHD_get_connection_values(connection, MHD_HEADER_KIND, &collect_header, request);
      if (!claims_more_than(*request, limits.body_bytes)) return MHD_YES;
      return answer(connection, {.status = 413, .body = "the request is too large\n"});
    }
    if (*data_bytes > 0) {
      // One byte more than allowed is kept, as the sign that there was more.
      const std::size_t room = limits.body_bytes + 1 - request->body.size();
      request->body.append(data, std::min(*data_bytes, room));
      *data_bytes = 0;
      return MHD_YES;
    }
    if (request->body.size() > limits.body_bytes) {
      return answer(connection, {.status = 413, .body = "the request is too large\n"});
    }
    return answer(connection, handler(*request));
  }
};

HttpServer::HttpServer(const ViewAddress& address, const ServerLimits& limits)
    : core_(std::make_unique<Core>()) {
  core_->limits = limits;
  core_->listener = listen_on(address, limits.send_buffer_bytes);
}

void HttpServer::start(Handler handler) {
  core_->handler = std::move(handler);
  const ServerLimits& limits = core_->limits;
  core_->daemon = MHD_start_daemon(
      MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr,
      nullptr,
      [](void* core, MHD_Connection* connection, const char* path, const char* method, const char*,
         const char* data, std::size_t* data_bytes, void** context) {
        return static_cast<Core*>(core)->on_request(connection, path, method, data, data_bytes,
                                                    context);
      },
      core_.get(), MHD_OPTION_LISTEN_SOCKET, core_->listener.socket,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.memory_bytes, MHD_OPTION_CONNECTION_LIMIT,
      limits.connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, limits.connections_per_peer,
      MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(limits.idle.count()),
      MHD_OPTION_NOTIFY_COMPLETED,
      static_cast<MHD_RequestCompletedCallback>(
          [](void*, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
            delete static_cast<ServerRequest*>(*context);
            *context = nullptr;
          }),
      nullptr, MHD_OPTION_END);
  if (core_->daemon == nullptr) {
    throw ConfigError("the page's server did not start", address().text(),
                      "close other programs: this one may be out of memory or open files");
  }
}

HttpServer::~HttpServer() {
  if (core_->daemon == nullptr) {
    close(core_->listener.socket);
    return;
  }
  core_->wake(/*for_the_end=*/true);
  MHD_stop_daemon(core_->daemon);
}

const ViewAddress& HttpServer::address() const { return core_->listener.address; }

void HttpServer::wake() { core_->wake(); }

}  // namespace fovea::pipeline
