// SPDX-License-Identifier: Apache-2.0
#include "pipeline/hub/http_client.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>

#include <curl/curl.h>
#include <fmt/format.h>

#include "compute/error.hpp"
#include "pipeline/hub/http_header.hpp"

namespace fovea::pipeline {
namespace {

constexpr long kSlowBytesPerSecond = 1000;

struct Transfer {
  const HttpRequest& request;
  HttpResponse response;
  std::exception_ptr thrown;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  const std::string_view line(data, size * count);
  read_header_line(line, static_cast<Transfer*>(user)->response);
  return line.size();
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.request.on_body) return size * count;
  // An exception must not pass through libcurl's frames.
  try {
    transfer.request.on_body(transfer.response,
                             {reinterpret_cast<const std::byte*>(data), size * count});
    return size * count;
  } catch (...) {
    transfer.thrown = std::current_exception();
    return 0;
  }
}

int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(user)->request.stop->load() ? 1 : 0;
}

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListFree>;

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlFree>;

std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

Url parse_url(const std::string& text) {
  Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return nullptr;
  const std::string scheme = url_part(url.get(), CURLUPART_SCHEME);
  return scheme == "http" || scheme == "https" ? std::move(url) : nullptr;
}

}  // namespace

void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) {
    throw Error("libcurl does not start", "pipeline/hub", "check the libcurl installation");
  }
}

void read_header_line(std::string_view line, HttpResponse& response) {
  if (line.starts_with("HTTP/")) {  // of an interim answer or of the real one
    response.headers.clear();
    const std::size_t space = line.find(' ');
    response.status =
        space == std::string_view::npos ? 0 : std::atoi(std::string(line.substr(space)).c_str());
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response.headers[lower(std::string(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
  }
}

void use_certificate_bundle(CURL* curl) {
  if (const char* bundle = std::getenv("CURL_CA_BUNDLE"); bundle != nullptr && *bundle != '\0') {
    curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
  }
}

struct HttpClient::Handle {
  CURL* curl = nullptr;
  ~Handle() { curl_easy_cleanup(curl); }
};

std::string HttpResponse::header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? std::string() : at->second;
}

HttpClient::HttpClient(const HttpTimeouts& timeouts)
    : handle_(std::make_unique<Handle>()), timeouts_(timeouts) {
  start_libcurl();
  handle_->curl = curl_easy_init();
  if (handle_->curl == nullptr) {
    throw Error("libcurl does not start", "pipeline/hub", "check the libcurl installation");
  }
}

HttpClient::~HttpClient() = default;

HttpResponse HttpClient::perform(const HttpRequest& request) {
  CURL* curl = handle_->curl;
  curl_easy_reset(curl);  // keeps connections
  Transfer transfer{request, {}, nullptr};
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOBODY, request.head ? 1L : 0L);
  if (request.post) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.post->size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.post->data());
  }
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // there are other threads
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total.count()));
  if (request.stop != nullptr) {
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  }
  curl_easy_setopt(curl, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeouts_.connect.count()));
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, kSlowBytesPerSecond);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(timeouts_.stall.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  use_certificate_bundle(curl);
  List headers;
  for (const std::string& header : request.headers) {
    curl_slist* longer = curl_slist_append(headers.get(), header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

  const CURLcode code = curl_easy_perform(curl);
  if (transfer.thrown) std::rethrow_exception(transfer.thrown);
  if (code != CURLE_OK) {
    transfer.response.failure = *reason != '\0' ? reason : curl_easy_strerror(code);
  }
  return std::move(transfer.response);
}

UrlParts split_url(const std::string& url) {
  const Url parsed = parse_url(url);
  if (!parsed) return {};
  const std::string scheme = url_part(parsed.get(), CURLUPART_SCHEME);
  return {fmt::format("{}://{}:{}", scheme, lower(url_part(parsed.get(), CURLUPART_HOST)),
                      url_part(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)),
          scheme == "https"};
}

std::string resolve_url(const std::string& base, const std::string& reference) {
  const Url url = parse_url(base);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, reference.c_str(), 0) != CURLUE_OK) return {};
  const std::string resolved = url_part(url.get(), CURLUPART_URL);
  return parse_url(resolved) ? resolved : std::string();
}

std::string printable_url(const std::string& url) {
  const Url parsed = parse_url(url);
  if (!parsed) return "(not a URL)";
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(parsed.get(), part, nullptr, 0);
  }
  return url_part(parsed.get(), CURLUPART_URL);
}

std::string percent_encode_segment(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

bool is_passing(const HttpResponse& response) {
  return response.status == 0 || response.status == 408 || response.status == 429 ||
         response.status >= 500 || (!response.failure.empty() && response.status < 400);
}

long retry_after_seconds(const HttpResponse& response) {
  const std::string value = response.header("retry-after");
  if (value.empty()) return -1;
  if (value.size() <= 6 && value.find_first_not_of("0123456789") == std::string::npos) {
    return std::stol(value);
  }
  return std::max(seconds_until(value, -1), -1L);
}

long seconds_until(const std::string& http_date, long fallback) {
  const std::time_t then = curl_getdate(http_date.c_str(), nullptr);
  return then == -1 ? fallback : static_cast<long>(then - std::time(nullptr));
}

}  // namespace fovea::pipeline
