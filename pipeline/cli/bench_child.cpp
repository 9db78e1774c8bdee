// SPDX-License-Identifier: Apache-2.0
#include "pipeline/cli/bench_child.hpp"

#include <cerrno>
#include <cstdint>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "compute/error.hpp"

namespace fovea::pipeline {
namespace {

/// An error's text as its three parts, so that it can be thrown again.
[[noreturn]] void rethrow(const Json& answer) {
  const std::string text = answer.at("error").get<std::string>();
  const std::size_t where = text.find("\n  where: "), fix = text.find("\n  fix:   ");
  constexpr std::size_t kLead = 10;
  if (where == std::string::npos || fix == std::string::npos || !answer.contains("exit_code")) {
    throw std::runtime_error(text);
  }
  throw Error(text.substr(0, where), text.substr(where + kLead, fix - where - kLead),
              text.substr(fix + kLead), static_cast<ExitCode>(answer["exit_code"].get<int>()));
}

}  // namespace

Json in_child(const std::function<Json()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) throw Error("cannot make a pipe", "bench", "close some files");
  const pid_t child = ::fork();
  if (child < 0) throw Error("cannot start a process", "bench", "close some programs");
  if (child == 0) {
    ::close(ends[0]);
    Json answer;
    try {
      answer = work();
    } catch (const Error& error) {
      answer = {{"error", error.what()}, {"exit_code", static_cast<int>(error.exit_code())}};
    } catch (const std::exception& error) {
      answer = {{"error", error.what()}};
    }
    const std::string text = to_line(answer);
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t written = ::write(ends[1], text.data() + at, text.size() - at);
      if (written < 0 && errno != EINTR) break;
      if (written > 0) at += static_cast<std::size_t>(written);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t got = ::read(ends[0], block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(block, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (text.empty()) {
    throw Error("the measurement ended without a result",
                WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "bench",
                "try a smaller --batch: the device or the machine may lack memory",
                ExitCode::nothing_done);
  }
  Json answer = Json::parse(text);
  if (answer.contains("error")) rethrow(answer);
  return answer;
}

}  // namespace fovea::pipeline
