// SPDX-License-Identifier: Apache-2.0
#include "pipeline/view/view.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "pipeline/view/guard.hpp"
#include "pipeline/view/http_server.hpp"
#include "pipeline/view/metrics.hpp"
#include "pipeline/view/packet.hpp"
#include "pipeline/view/page_files.hpp"

namespace fovea::pipeline {
namespace {

constexpr const char* kJsonType = "application/json; charset=utf-8";

ServerReply plain(int status, std::string body) {
  return {.status = status, .body = std::move(body) + "\n"};
}

ServerReply go_to(const char* path) {
  return {.status = 303, .body = "", .headers = {{"Location", path}}};
}

/// The pictures of every source, one packet after another, for one viewer.
class PacketStream final : public ByteStream {
 public:
  PacketStream(ViewBoard& board, std::atomic<int>& viewers) : viewer_(board), viewers_(viewers) {
    ++viewers_;
  }
  ~PacketStream() override { --viewers_; }

  std::optional<std::size_t> read(char* into, std::size_t max) override {
    if (packet_ == nullptr || sent_ == packet_->size()) {
      packet_ = viewer_.next();
      sent_ = 0;
      if (packet_ == nullptr) return 0;
    }
    const std::size_t bytes = std::min(max, packet_->size() - sent_);
    packet_->copy(into, bytes, sent_);
    sent_ += bytes;
    return bytes;
  }

 private:
  ViewBoard::Viewer viewer_;
  std::atomic<int>& viewers_;
  ViewBoard::Packet packet_;
  std::size_t sent_ = 0;
};

/// The value of `name` in a form as browsers send it: a=1&b=2, with %XX and + in the values.
std::string form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::size_t end = std::min(form.find('&'), form.size());
    const std::string_view pair = form.substr(0, end);
    form.remove_prefix(std::min(end + 1, form.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    std::string value;
    for (std::size_t i = equals + 1; i < pair.size(); ++i) {
      const auto digit = [&](std::size_t at) {
        constexpr std::string_view kDigits = "0123456789abcdefABCDEF";
        const std::size_t found =
            at < pair.size() ? kDigits.find(pair[at]) : std::string_view::npos;
        return found == std::string_view::npos ? -1
                                               : static_cast<int>(found < 16 ? found : found - 6);
      };
      if (pair[i] == '%' && digit(i + 1) >= 0 && digit(i + 2) >= 0) {
        value += static_cast<char>(digit(i + 1) * 16 + digit(i + 2));
        i += 2;
      } else {
        value += pair[i] == '+' ? ' ' : pair[i];
      }
    }
    return value;
  }
  return {};
}

void replace_once(std::string& text, std::string_view old, std::string_view fresh) {
  if (const std::size_t at = text.find(old); at != std::string::npos) {
    text.replace(at, old.size(), fresh);
  }
}

void add_safety_headers(ServerReply& reply) {
  reply.headers.insert(
      reply.headers.end(),
      {{"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
       {"X-Content-Type-Options", "nosniff"},
       {"X-Frame-Options", "DENY"},
       // Not no-referrer: a form would then be sent with "Origin: null".
       {"Referrer-Policy", "same-origin"},
       {"Cross-Origin-Resource-Policy", "same-origin"},
       {"Cross-Origin-Opener-Policy", "same-origin"},
       {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"},
       {"Cache-Control", "no-store"}});
}

ServerReply refusal(Verdict verdict) {
  switch (verdict) {
    case Verdict::wrong_host:
      return plain(403,
                   "this page is not called by that name; open it by its address, or add the name "
                   "to view.hosts");
    case Verdict::cross_site:
      return plain(403, "another site's page asked for this; open the page itself");
    case Verdict::too_many: {
      ServerReply reply = plain(429, "too many requests; wait a few seconds");
      reply.headers.push_back({"Retry-After", "10"});
      return reply;
    }
    case Verdict::not_signed_in:
    case Verdict::pass:
      break;
  }
  ServerReply reply = plain(401, "sign in at /login, or send the token as Authorization: Bearer");
  reply.headers.push_back({"WWW-Authenticate", "Bearer realm=\"fovea\""});
  return reply;
}

Asked asked_of(const ServerRequest& request) {
  return {.method = request.method,
          .path = request.path,
          .peer = request.peer,
          .host = request.header("host"),
          .origin = request.header("origin"),
          .authorization = request.header("authorization"),
          .cookie = request.header("cookie"),
          .sec_fetch_site = request.header("sec-fetch-site"),
          .sec_fetch_mode = request.header("sec-fetch-mode")};
}

}  // namespace

struct View::Site {
  Site(const ViewOptions& options, std::function<LiveStatus()> status)
      : version(options.version),
        server(std::make_unique<HttpServer>(options.address)),
        guard(server->address(), options.token, options.hosts),
        board(options.board, std::move(status), [this] { server->wake(); }) {
    server->start([this](const ServerRequest& request) {
      ServerReply reply = answer(request);
      add_safety_headers(reply);
      return reply;
    });
  }

  ~Site() {
    // Nobody wakes the server any more; its viewers go, and then what they looked at.
    board.stop();
    server.reset();
  }

  ServerReply answer(const ServerRequest& request) {
    const Asked asked = asked_of(request);
    const Guard::Clock::time_point now = Guard::Clock::now();
    if (const Verdict verdict = guard.admits(asked, now); verdict != Verdict::pass) {
      return refusal(verdict);
    }
    const bool reading = request.method == "GET" || request.method == "HEAD";
    const bool posting = request.method == "POST";
    if (request.path == "/login" && posting) return log_in(request, now);
    if (request.path == "/logout" && posting) {
      ServerReply reply = go_to("/login");
      reply.headers.push_back({"Set-Cookie", guard.log_out(asked)});
      return reply;
    }
    if (!reading) {
      ServerReply reply = plain(405, "only GET is answered here");
      reply.headers.push_back({"Allow", "GET, HEAD"});
      return reply;
    }
    const Verdict signed_in = guard.signed_in(asked, now);
    if (request.path == "/healthz") return health(signed_in == Verdict::pass);
    if (const PageFile* file = find_page_file(request.path)) {
      if (file->path == "/" && signed_in != Verdict::pass) return go_to("/login");
      if (file->path == "/login" && signed_in == Verdict::pass) return go_to("/");
      return {.type = std::string(file->type), .body = body_of(*file)};
    }
    if (signed_in != Verdict::pass) return refusal(signed_in);
    return figures(request);
  }

  /// The page is told in its first tag whether there is something to sign out of.
  std::string body_of(const PageFile& file) const {
    std::string body(file.body);
    if (file.path == "/" && guard.has_token()) replace_once(body, "<html", "<html data-token");
    return body;
  }

  ServerReply log_in(const ServerRequest& request, Guard::Clock::time_point now) {
    Guard::Login login = guard.log_in(form_value(request.body, "token"), request.peer, now);
    if (login.verdict == Verdict::pass) {
      ServerReply reply = go_to("/");
      reply.headers.push_back({"Set-Cookie", std::move(login.cookie)});
      return reply;
    }
    if (login.verdict == Verdict::too_many) return refusal(login.verdict);
    const PageFile* page = find_page_file("/login");
    std::string body(page->body);
    replace_once(body, "id=\"wrong\" hidden", "id=\"wrong\"");
    return {.status = 401, .type = std::string(page->type), .body = std::move(body)};
  }

  ServerReply health(bool in_full) const {
    const std::vector<Complaint> complaints = board.complaints(board.status());
    return {.status = complaints.empty() ? 200 : 503,
            .type = kJsonType,
            .body = health_json(complaints, in_full)};
  }

  ServerReply figures(const ServerRequest& request) {
    if (request.path == "/status.json") {
      const LiveStatus status = board.status();
      return {.type = kJsonType, .body = status_json(status, board.complaints(status)) + "\n"};
    }
    if (request.path == "/metrics") {
      return {.type = kMetricsType, .body = metrics_text(board.status(), version)};
    }
    if (request.path == "/stream") {
      if (request.method == "HEAD") return {.type = "application/octet-stream", .body = ""};
      if (viewers >= kMaxViewers) {
        return plain(503, "as many viewers as may watch at once are watching");
      }
      return {.type = "application/octet-stream",
              .body = "",
              .stream = std::make_unique<PacketStream>(board, viewers)};
    }
    return plain(404, "there is nothing here; the page is at /");
  }

  const std::string version;
  std::unique_ptr<HttpServer> server;
  Guard guard;
  ViewBoard board;
  std::atomic<int> viewers{0};
};

View::View(ViewOptions options) : options_(std::move(options)) {}

View::~View() = default;

void View::begin(std::function<LiveStatus()> status) {
  site_ = std::make_unique<Site>(options_, std::move(status));
  if (options_.on_open) options_.on_open("http://" + site_->server->address().text() + "/");
}

void View::answered(std::size_t source, const Frame& frame) { site_->board.publish(source, frame); }

void View::end() noexcept { site_.reset(); }

}  // namespace fovea::pipeline
