// SPDX-License-Identifier: Apache-2.0
#pragma once
// Programs as a user starts them: arguments, standard input, environment, signals; then
// exit code, both outputs and peak memory.

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace fovea::test {

struct ProcessOptions {
  std::string input;                               // standard input, whole
  bool keep_input_open = false;                    // more comes by Process::send()
  std::filesystem::path folder;                    // working folder; empty: the test's own
  std::map<std::string, std::string> environment;  // on top of the test's own
};

struct ProcessResult {
  int exit_code = -1;  // 128 + signal where one ended it
  std::string out, err;
  std::uint64_t peak_bytes = 0;  // resident
};

class Process {
 public:
  Process(const std::vector<std::string>& arguments, const ProcessOptions& options = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "fovea-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    folder_ = pattern;
    std::ofstream(folder_ / "in", std::ios::binary) << options.input;
    int ends[2] = {-1, -1};
    if (options.keep_input_open && ::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    // Everything that allocates happens before fork().
    std::vector<std::string> texts = arguments;
    std::vector<char*> argv;
    for (std::string& text : texts) argv.push_back(text.data());
    argv.push_back(nullptr);
    std::vector<std::string> variables;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (!options.environment.contains(std::string(text.substr(0, text.find('='))))) {
        variables.emplace_back(text);
      }
    }
    for (const auto& [name, value] : options.environment) variables.push_back(name + "=" + value);
    std::vector<char*> envp;
    for (std::string& text : variables) envp.push_back(text.data());
    envp.push_back(nullptr);
    const std::string in = folder_ / "in", out = folder_ / "out", err = folder_ / "err";

    child_ = ::fork();
    if (child_ < 0) throw std::runtime_error("fork");
    if (child_ == 0) {
      const int input = options.keep_input_open ? ends[0] : ::open(in.c_str(), O_RDONLY);
      const int output = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      const int error = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(input, 0);
      ::dup2(output, 1);
      ::dup2(error, 2);
      if (!options.folder.empty() && ::chdir(options.folder.c_str()) != 0) ::_exit(127);
      ::execvpe(argv[0], argv.data(), envp.data());
      ::_exit(127);
    }
    if (ends[0] >= 0) ::close(ends[0]);
    input_ = ends[1];
  }

  ~Process() {
    close_input();
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      int status = 0;
      ::waitpid(child_, &status, 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::write(input_, text.data(), text.size());
      if (sent < 0 && errno != EINTR) throw std::runtime_error("the program closed its input");
      if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
  }
  void signal(int number) { ::kill(child_, number); }

  std::string out_so_far() const { return read(folder_ / "out"); }
  std::string err_so_far() const { return read(folder_ / "err"); }

  /// Polls until `condition` holds; false when `seconds` passed or the program ended first.
  template <class Condition>
  bool wait_until(Condition condition, double seconds) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      if (reap(WNOHANG)) return condition();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
  }

  ProcessResult wait() {
    if (child_ > 0) reap(0);
    result_.out = out_so_far();
    result_.err = err_so_far();
    return result_;
  }

 private:
  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  bool reap(int flags) {
    if (child_ <= 0) return true;
    int status = 0;
    rusage usage{};
    pid_t ended = 0;
    do {
      ended = ::wait4(child_, &status, flags, &usage);
    } while (ended < 0 && errno == EINTR);
    if (ended != child_) return false;
    child_ = -1;
    result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result_.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    return true;
  }

  std::filesystem::path folder_;
  pid_t child_ = -1;
  int input_ = -1;
  ProcessResult result_;
};

inline ProcessResult run_process(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options = {}) {
  return Process(arguments, options).wait();
}

}  // namespace fovea::test
